// FinEncoder: the layers of a post-norm transformer, such as BERT's, over sequences that lie end to end.  FinPackWeight: a linear
// layer's weight in the form in which FinEncoder takes it.

#include "cpu.h"
#include "encoder.h"
#include "op.h"

#include <algorithm>
#include <memory>

namespace fin {
namespace {

struct EncoderAttributes {
  int64_t heads;
  float scale, epsilon;
  int64_t weights, vectors;
};

void* create(TF_OpKernelConstruction* construction) {
  Attributes read(construction);
  return new EncoderAttributes{read.integer("heads"), read.real("scale"), read.real("epsilon"), read.integer("N"),
                               read.integer("M")};
}

void destroy(void* attributes) { delete static_cast<EncoderAttributes*>(attributes); }

constexpr const char* kWeightNames[kLinears] = {"query", "key", "value", "attention output", "intermediate", "output"};

/// Vectors of one layer: a bias for each linear layer, then gamma and beta of each norm.
constexpr int64_t kVectors = kLinears + 2 * kNorms;

/// The inputs of one call, and the vectors that had to be filled up to whole panels.
struct Parameters {
  std::vector<std::unique_ptr<Tensor>> tensors;
  std::vector<std::vector<float>> filled;
  std::vector<EncoderLayer> layers;
  int64_t intermediate = 0;
};

const Tensor* read_input(Call& call, Parameters& parameters, int64_t index) {
  parameters.tensors.push_back(std::make_unique<Tensor>());
  Tensor& tensor = *parameters.tensors.back();
  call.input(static_cast<int>(index), tensor);
  return call.ok() ? &tensor : nullptr;
}

/// A vector of that size, with zeros up to whole panels.
const float* read_vector(Call& call, Parameters& parameters, int64_t index, const std::string& name, int64_t size) {
  const Tensor* tensor = read_input(call, parameters, index);
  if (tensor == nullptr) return nullptr;
  call.expect_vector(*tensor, name.c_str(), size);
  if (!call.ok() || size % kPanel == 0) return call.ok() ? tensor->data<float>() : nullptr;
  std::vector<float> filled(static_cast<size_t>(whole_panels(size) * kPanel), 0.0f);
  std::copy_n(tensor->data<float>(), size, filled.begin());
  parameters.filled.push_back(std::move(filled));
  return parameters.filled.back().data();
}

const void* read_weight(Call& call, Parameters& parameters, int64_t index, const std::string& name, int64_t out, int64_t in) {
  const Tensor* tensor = read_input(call, parameters, index);
  if (tensor == nullptr) return nullptr;
  const std::vector<int64_t> shape{whole_panels(out), whole_panels(in) * kPanel, kPanel};
  call.expect(tensor->shape() == shape, [&] {
    return name + " has the shape " + tensor->shape_text() + ", which is not that of a packed weight of the shape [" +
           std::to_string(out) + ", " + std::to_string(in) + "]";
  });
  return call.ok() ? tensor->data() : nullptr;
}

/// Inputs from `first` on: the weights of all layers, then their vectors.
void read_layers(Call& call, Parameters& parameters, const EncoderAttributes& attributes, int64_t first, int64_t hidden) {
  const int64_t layers = attributes.weights / kLinears;
  call.expect(attributes.weights == layers * kLinears && attributes.vectors == layers * kVectors, [&] {
    return "there are " + std::to_string(attributes.weights) + " weights and " + std::to_string(attributes.vectors) +
           " vectors where " + std::to_string(kLinears) + " and " + std::to_string(kVectors) + " for each layer are needed";
  });
  for (int64_t i = 0; call.ok() && i < layers; i++) {
    EncoderLayer layer{};
    const std::string place = " of layer " + std::to_string(i);
    const int64_t vectors = first + attributes.weights + i * kVectors;
    if (i == 0) {
      const Tensor* bias = read_input(call, parameters, vectors + kIntermediate);
      call.expect(bias == nullptr || bias->rank() == 1, [&] { return "the intermediate bias is not a vector"; });
      if (!call.ok()) return;
      parameters.intermediate = bias->dim(0);
    }
    for (int which = 0; which < kLinears; which++) {
      const int64_t out = which == kIntermediate ? parameters.intermediate : hidden;
      const int64_t in = which == kOutput ? parameters.intermediate : hidden;
      const std::string name = kWeightNames[which] + place;
      layer.weight[which] = read_weight(call, parameters, first + i * kLinears + which, name, out, in);
      layer.bias[which] = read_vector(call, parameters, vectors + which, "the bias of " + name, out);
    }
    for (int norm = 0; norm < kNorms; norm++) {
      layer.gamma[norm] = read_vector(call, parameters, vectors + kLinears + norm, "gamma" + place, hidden);
      layer.beta[norm] = read_vector(call, parameters, vectors + kLinears + kNorms + norm, "beta" + place, hidden);
    }
    parameters.layers.push_back(layer);
  }
}

void compute(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<EncoderAttributes*>(kernel);
  Call call(context, "FinEncoder");
  Tensor x, offsets, y;
  call.input(0, x);
  call.input(1, offsets);
  if (!call.ok()) return;
  call.expect(x.rank() == 2, [&] { return "x has the shape " + x.shape_text() + " where [tokens, hidden] is needed"; });
  if (!call.ok()) return;
  const int64_t tokens = x.dim(0), hidden = x.dim(1), heads = attributes.heads;
  call.expect(heads > 0 && hidden > 0 && hidden % heads == 0, [&] {
    return std::to_string(hidden) + " columns cannot be divided among " + std::to_string(heads) + " heads";
  });
  expect_offsets(call, offsets, tokens);
  Parameters parameters;
  read_layers(call, parameters, attributes, 2, hidden);
  if (!call.ok()) return;
  const TF_DataType dtype = TF_ExpectedOutputDataType(context, 0);
  call.output(0, y, dtype, x.shape());
  if (!call.ok() || tokens == 0) return;
  EncoderArgs args{};
  args.x = x.data();
  args.x_storage = storage(x);
  args.y = y.data();
  args.offsets = offsets.data<int32_t>();
  args.layers = parameters.layers.data();
  args.layer_count = static_cast<int64_t>(parameters.layers.size());
  args.hidden = hidden;
  args.intermediate = parameters.intermediate;
  args.heads = heads;
  args.scale = attributes.scale;
  args.epsilon = attributes.epsilon;
  if (!run_encoder(args, offsets.dim(0) - 1, storage(y))) call.fail("out of memory", TF_RESOURCE_EXHAUSTED);
}

void pack(void*, TF_OpKernelContext* context) {
  Call call(context, "FinPackWeight");
  Tensor weight, packed;
  call.input(0, weight);
  if (!call.ok()) return;
  call.expect(weight.rank() == 2, [&] { return "the weight has the shape " + weight.shape_text() + " where [out, in] is needed"; });
  if (!call.ok()) return;
  const int64_t out = weight.dim(0), in = weight.dim(1);
  call.output(0, packed, TF_ExpectedOutputDataType(context, 0), {whole_panels(out), whole_panels(in) * kPanel, kPanel});
  if (!call.ok() || packed.elements() == 0) return;
  pack_weight(weight.data(), storage(weight), out, in, packed.data(), storage(packed));
}

}  // namespace

std::string register_encoder() {
  const std::string problem = register_op({
      "FinEncoder",
      {"T: {float, bfloat16}", "X: {float, bfloat16}", "N: int >= 0", "M: int >= 0", "heads: int", "scale: float",
       "epsilon: float"},
      {"x: X", "offsets: int32", "weights: N * T", "vectors: M * float"},
      {"y: T"},
      &create,
      &compute,
      &destroy,
  });
  if (!problem.empty()) return problem;
  return register_op({
      "FinPackWeight",
      {"T: {float, bfloat16}", "W: {float, bfloat16}"},
      {"weight: W"},
      {"packed: T"},
      nullptr,
      &pack,
      nullptr,
  });
}

}  // namespace fin
