// FinDropout: inverted dropout from the seed of a stateless draw. Its gradient is the same op, applied to dy.

#include "cpu.h"
#include "op.h"
#include "pool.h"

namespace fin {
namespace {

/// Elements per task; a multiple of what the generator yields at once.
constexpr int64_t kElementsPerTask = 16384;

void* create(TF_OpKernelConstruction* construction) {
  Attributes read(construction);
  return new DropoutAttributes{read.real("rate"), read.real("keep_scale")};
}

void destroy(void* attributes) { delete static_cast<DropoutAttributes*>(attributes); }

void compute(void* kernel, TF_OpKernelContext* context) {
  Call call(context, "FinDropout");
  Tensor x, seed, y;
  call.input(0, x);
  call.input(1, seed);
  const Dropout dropout = read_dropout(call, *static_cast<DropoutAttributes*>(kernel), seed);
  call.expect(dropout.on, [] { return "the dropout rate is 0"; });
  if (!call.ok()) return;
  call.output(0, y, x.dtype(), x.shape());
  if (!call.ok()) return;
  const auto apply = kernels().dropout[storage(x)];
  const void* from = x.data();
  void* to = y.data();
  const int64_t elements = x.elements();
  parallel_for((elements + kElementsPerTask - 1) / kElementsPerTask, [&](int64_t task) {
    const int64_t begin = task * kElementsPerTask;
    apply(dropout, from, to, begin, begin + kElementsPerTask < elements ? begin + kElementsPerTask : elements);
  });
}

}  // namespace

std::string register_dropout() {
  return register_op({
      "FinDropout",
      {"T: {float, bfloat16}", "rate: float", "keep_scale: float"},
      {"x: T", "seed: int32"},
      {"y: T"},
      &create,
      &compute,
      &destroy,
  });
}

}  // namespace fin
