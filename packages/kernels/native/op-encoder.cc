// FinEncoder: the layers of a post-norm transformer, such as BERT's, over sequences that lie end to end, with low-rank updates of its
// linear layers (LoRA) and dropout.  FinEncoderGrad: the gradients of its input, of the updates and of trained parameters.

#include <algorithm>

#include "cpu.h"
#include "op-encoder.h"
#include "pool.h"

namespace fin {
namespace {

/// What the attributes of both ops have in common.
EncoderAttributes read_attributes(Attributes& read) {
  EncoderAttributes attributes{};
  attributes.heads = read.integer("heads");
  attributes.scale = read.real("scale");
  attributes.weights = read.integer("N");
  attributes.coded = read.integer("Q");
  attributes.vectors = read.integer("M");
  attributes.factors = read.integer("F");
  attributes.saved = read.integer("S");
  return attributes;
}

void* create(TF_OpKernelConstruction* construction) {
  Attributes read(construction);
  auto* attributes = new EncoderAttributes(read_attributes(read));
  attributes->epsilon = read.real("epsilon");
  return attributes;
}

void* create_grad(TF_OpKernelConstruction* construction) {
  Attributes read(construction);
  auto* attributes = new EncoderAttributes(read_attributes(read));
  attributes->trained = read.integer("G");
  attributes->input_grad = read.boolean("input_grad");
  return attributes;
}

void destroy(void* attributes) { delete static_cast<EncoderAttributes*>(attributes); }

/// Rows of the saved tensors.
int64_t all_saved_rows(const std::vector<EncoderGroup>& groups) {
  return groups.empty() ? 0 : groups.back().saved_row + saved_rows(groups.back().rows);
}

void compute(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<EncoderAttributes*>(kernel);
  Call call(context, "FinEncoder");
  EncoderInputs inputs(call, attributes, false);
  const TF_DataType dtype = TF_ExpectedOutputDataType(context, 0);
  const Storage storage = dtype == TF_BFLOAT16 ? kBFloat16 : kFloat32;
  inputs.read(0, storage);
  if (!call.ok()) return;
  call.expect(inputs.layers() > 0, [] { return "there is no layer"; });
  const bool saves = attributes.saved > 0;
  call.expect(!saves || attributes.saved == inputs.layers(), [] { return "not every layer is saved"; });
  if (!call.ok()) return;
  const std::vector<EncoderGroup> groups = plan_groups(inputs.args, inputs.sequences());
  Tensor y, statistics, kept, ends;
  std::vector<std::unique_ptr<Tensor>> saved;
  std::vector<void*> memory;
  call.output(0, y, dtype, inputs.x().shape());
  int output = 1;
  for (int64_t i = 0; i < attributes.saved; i++) {
    const int64_t columns = encoder_kernels(storage).saved_columns(inputs.args, inputs.layer(i));
    saved.push_back(std::make_unique<Tensor>());
    call.output(output++, *saved.back(), dtype, {all_saved_rows(groups), columns});
    if (call.ok()) memory.push_back(saved.back()->data());
  }
  const auto count = static_cast<int64_t>(groups.size());
  call.output(output++, statistics, TF_FLOAT, {saves ? inputs.statistics() : 0});
  call.output(output++, kept, TF_INT32, {inputs.kept()});
  call.output(output++, ends, TF_INT32, {saves ? count : 0});
  if (!call.ok() || inputs.x().elements() == 0) return;
  for (int64_t i = 0; saves && i < count; i++) ends.data<int32_t>()[i] = static_cast<int32_t>(groups[static_cast<size_t>(i)].end);
  inputs.place(memory, statistics.data<float>(), kept.data<int32_t>());
  inputs.args.y = y.data();
  if (!run_encoder(inputs.args, groups, storage)) call.fail("out of memory", TF_RESOURCE_EXHAUSTED);
}

/// The groups of the forward pass, from the last sequence of each.
std::vector<EncoderGroup> read_groups(Call& call, const Tensor& ends, const EncoderArgs& args, int64_t sequences) {
  std::vector<EncoderGroup> groups;
  int64_t first = 0;
  for (int64_t i = 0; call.ok() && i < ends.elements(); i++) {
    const int64_t end = ends.data<int32_t>()[i];
    call.expect(end > first && end <= sequences, [] { return "the groups are not those of the forward pass"; });
    if (!call.ok()) break;
    add_group(groups, first, end, args.offsets[first], args.offsets[end] - args.offsets[first]);
    first = end;
  }
  return groups;
}

/// Adds up the groups' gradients of the updates and norms, in order. B's come transposed.
void sum_gradients(const EncoderInputs& inputs, const float* gradients, int64_t groups, const std::vector<float*>& factors,
                   const std::vector<float*>& trained) {
  const auto sum = [&](int64_t at) {
    float total = 0.0f;
    for (int64_t group = 0; group < groups; group++) total += gradients[group * inputs.gradients() + at];
    return total;
  };
  parallel_for(static_cast<int64_t>(factors.size()), [&](int64_t i) {
    const auto [number, which] = inputs.updates()[static_cast<size_t>(i / 2)];
    const LowRank& update = inputs.layer(number).update[which];
    float* to = factors[static_cast<size_t>(i)];
    if (i % 2 == 0) {
      for (int64_t k = 0; k < update.rank * inputs.in_features(which); k++) to[k] = sum(update.a_gradient + k);
      return;
    }
    const int64_t out = inputs.out_features(which);
    for (int64_t r = 0; r < update.rank; r++) {
      for (int64_t k = 0; k < out; k++) to[k * update.rank + r] = sum(update.b_gradient + r * out + k);
    }
  });
  for (size_t i = 0; i < trained.size(); i++) {
    const int64_t begin = inputs.group_gradient(inputs.trained()[i]);
    for (int64_t k = 0; begin >= 0 && k < inputs.args.hidden; k++) trained[i][k] = sum(begin + k);
  }
}

void compute_grad(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<EncoderAttributes*>(kernel);
  Call call(context, "FinEncoderGrad");
  Tensor dy;
  call.input(0, dy);
  if (!call.ok()) return;
  EncoderInputs inputs(call, attributes, true);
  inputs.read(1, storage(dy));
  if (call.ok()) call.expect_same(dy, "dy", inputs.x(), "x");
  call.expect(inputs.layers() > 0 && attributes.saved == inputs.layers(), [] { return "not every layer is saved"; });
  std::vector<void*> memory;
  int64_t index = inputs.end();
  std::vector<const Tensor*> saved;
  for (int64_t i = 0; i < attributes.saved; i++) saved.push_back(inputs.input(index++));
  const Tensor* statistics = inputs.input(index++);
  const Tensor* kept = inputs.input(index++);
  const Tensor* ends = inputs.input(index++);
  if (!call.ok()) return;
  std::vector<EncoderGroup> groups = read_groups(call, *ends, inputs.args, inputs.sequences());
  const auto mismatch = [] { return "what the forward pass saved does not match the inputs"; };
  for (int64_t i = 0; call.ok() && i < attributes.saved; i++) {
    const int64_t columns = encoder_kernels(storage(dy)).saved_columns(inputs.args, inputs.layer(i));
    call.expect(saved[static_cast<size_t>(i)]->elements() == columns * all_saved_rows(groups), mismatch);
    memory.push_back(saved[static_cast<size_t>(i)]->data());
  }
  const int64_t grouped = groups.empty() ? 0 : groups.back().row + groups.back().rows;
  const bool complete = grouped == inputs.x().dim(0) && statistics->elements() == inputs.statistics() && kept->elements() == inputs.kept();
  call.expect(complete, mismatch);
  if (!call.ok()) return;
  Tensor dx, gradients;
  std::vector<std::unique_ptr<Tensor>> outputs;
  std::vector<float*> factors;
  call.output(0, dx, dy.dtype(), attributes.input_grad ? dy.shape() : std::vector<int64_t>{0});
  for (int64_t i = 0; call.ok() && i < attributes.factors; i++) {
    const auto [number, which] = inputs.updates()[static_cast<size_t>(i / 2)];
    const int64_t rank = inputs.layer(number).update[which].rank;
    outputs.push_back(std::make_unique<Tensor>());
    const std::vector<int64_t> a{rank, inputs.in_features(which)}, b{inputs.out_features(which), rank};
    call.output(static_cast<int>(1 + i), *outputs.back(), TF_FLOAT, i % 2 == 0 ? a : b);
    if (call.ok()) factors.push_back(outputs.back()->data<float>());
  }
  std::vector<float*> trained;
  for (int64_t i = 0; call.ok() && i < attributes.trained; i++) {
    const EncoderInputs::Trained& parameter = inputs.trained()[static_cast<size_t>(i)];
    outputs.push_back(std::make_unique<Tensor>());
    call.output(static_cast<int>(1 + attributes.factors + i), *outputs.back(), TF_FLOAT, inputs.shape(parameter));
    if (!call.ok()) return;
    trained.push_back(outputs.back()->data<float>());
    inputs.place_gradient(parameter, trained.back());
    if (groups.empty()) std::fill_n(trained.back(), outputs.back()->elements(), 0.0f);
  }
  const auto count = static_cast<int64_t>(groups.size());
  float* partial = call.temporary(gradients, count * inputs.gradients());
  if (!call.ok()) return;
  for (int64_t i = 0; i < count; i++) groups[static_cast<size_t>(i)].gradients = partial + i * inputs.gradients();
  if (count > 0) {
    inputs.place(memory, statistics->data<float>(), kept->data<int32_t>());
    inputs.args.dy = dy.data();
    inputs.args.dx = attributes.input_grad ? dx.data() : nullptr;
    if (!run_encoder_grad(inputs.args, groups, storage(dy))) return call.fail("out of memory", TF_RESOURCE_EXHAUSTED);
  }
  sum_gradients(inputs, partial, count, factors, trained);
}

}  // namespace

std::string register_encoder() {
  const std::string problem = register_op({
      "FinEncoder",
      {"T: {float, bfloat16}", "X: {float, bfloat16}", "N: int >= 0", "Q: int >= 0 = 0", "M: int >= 0", "F: int >= 0", "S: int >= 0",
       "heads: int", "scale: float", "epsilon: float"},
      {"x: X", "offsets: int32", "weights: N * T", "coded: Q * uint8", "vectors: M * float", "factors: F * float", "updates: float",
       "trained: int32", "dropouts: float", "seeds: int32"},
      {"y: T", "saved: S * T", "statistics: float", "kept: int32", "groups: int32"},
      &create,
      &compute,
      &destroy,
  });
  if (!problem.empty()) return problem;
  return register_op({
      "FinEncoderGrad",
      {"T: {float, bfloat16}", "X: {float, bfloat16}", "N: int >= 0", "Q: int >= 0 = 0", "M: int >= 0", "F: int >= 0", "S: int >= 0", "G: int >= 0",
       "heads: int", "scale: float", "input_grad: bool"},
      {"dy: T", "x: X", "offsets: int32", "weights: N * T", "coded: Q * uint8", "vectors: M * float", "factors: F * float", "updates: float",
       "trained: int32", "dropouts: float", "saved: S * T", "statistics: float", "kept: int32", "groups: int32"},
      {"dx: T", "factor_grads: F * float", "grads: G * float"},
      &create_grad,
      &compute_grad,
      &destroy,
  });
}

}  // namespace fin
