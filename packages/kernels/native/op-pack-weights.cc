// FinPackWeights: weights of linear layers in the form in which FinEncoder takes them, or transposed, as FinEncoderGrad takes them. Of a
// weight in few bits an empty tensor, which marks its place.

#include "encoder.h"
#include "op.h"

#include <memory>
#include <vector>

namespace fin {
namespace {

struct PackAttributes {
  int64_t count;
  bool transposed;
};

void* create(TF_OpKernelConstruction* construction) {
  Attributes read(construction);
  return new PackAttributes{read.integer("N"), read.boolean("transposed")};
}

void destroy(void* attributes) { delete static_cast<PackAttributes*>(attributes); }

void compute(void* kernel, TF_OpKernelContext* context) {
  const auto [count, transposed] = *static_cast<PackAttributes*>(kernel);
  Call call(context, "FinPackWeights");
  const auto weights = call.inputs(0, count);
  std::vector<std::unique_ptr<Tensor>> outputs;
  std::vector<UnpackedWeight> all;
  for (int64_t i = 0; call.ok() && i < count; i++) {
    const Tensor& weight = *weights[static_cast<size_t>(i)];
    outputs.push_back(std::make_unique<Tensor>());
    Tensor& packed = *outputs.back();
    const TF_DataType dtype = TF_ExpectedOutputDataType(context, static_cast<int>(i));
    if (weight.dtype() == TF_UINT8) {
      call.output(static_cast<int>(i), packed, dtype, {0});
      continue;
    }
    call.expect(weight.rank() == 2, [&] { return "a weight has the shape " + weight.shape_text() + " where [out, in] is needed"; });
    if (!call.ok()) return;
    const int64_t out = weight.dim(transposed ? 1 : 0), in = weight.dim(transposed ? 0 : 1);
    call.output(static_cast<int>(i), packed, dtype, {whole_panels(out), whole_panels(in) * kPanel, kPanel});
    if (call.ok() && packed.elements() > 0) all.push_back({weight.data(), out, in, packed.data()});
  }
  if (call.ok() && !all.empty()) pack_weights(all, storage(*weights.front()), transposed, storage(*outputs.front()));
}

}  // namespace

std::string register_pack_weights() {
  return register_op({
      "FinPackWeights",
      {"T: {float, bfloat16}", "W: {float, bfloat16, uint8}", "N: int >= 0", "transposed: bool = false"},
      {"weights: N * W"},
      {"packed: N * T"},
      &create,
      &compute,
      &destroy,
  });
}

}  // namespace fin
