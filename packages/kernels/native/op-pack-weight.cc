// FinPackWeight: a linear layer's weight in the form in which FinEncoder takes it, or transposed, as FinEncoderGrad takes it. Of a weight in
// few bits an empty tensor, which marks its place.

#include "encoder.h"
#include "op.h"

namespace fin {
namespace {

void* create(TF_OpKernelConstruction* construction) { return new bool(Attributes(construction).boolean("transposed")); }

void destroy(void* transposed) { delete static_cast<bool*>(transposed); }

void compute(void* kernel, TF_OpKernelContext* context) {
  const bool transposed = *static_cast<bool*>(kernel);
  Call call(context, "FinPackWeight");
  Tensor weight, packed;
  call.input(0, weight);
  if (!call.ok()) return;
  if (weight.dtype() == TF_UINT8) return call.output(0, packed, TF_ExpectedOutputDataType(context, 0), {0});
  call.expect(weight.rank() == 2, [&] { return "the weight has the shape " + weight.shape_text() + " where [out, in] is needed"; });
  if (!call.ok()) return;
  const int64_t out = weight.dim(transposed ? 1 : 0), in = weight.dim(transposed ? 0 : 1);
  call.output(0, packed, TF_ExpectedOutputDataType(context, 0), {whole_panels(out), whole_panels(in) * kPanel, kPanel});
  if (!call.ok() || packed.elements() == 0) return;
  pack_weight(weight.data(), storage(weight), out, in, transposed, packed.data(), storage(packed));
}

}  // namespace

std::string register_pack_weight() {
  return register_op({
      "FinPackWeight",
      {"T: {float, bfloat16}", "W: {float, bfloat16, uint8}", "transposed: bool = false"},
      {"weight: W"},
      {"packed: T"},
      &create,
      &compute,
      &destroy,
  });
}

}  // namespace fin
