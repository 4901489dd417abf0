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
  if (!call.ok()) return;
  const int64_t elements = x.elements(), cols = x.rank() == 0 ? 1 : x.dim(x.rank() - 1);
  const int64_t rows = cols == 0 ? 0 : elements / cols;
  const Dropout dropout = read_dropout(call, *static_cast<DropoutAttributes*>(kernel), seed, rows);
  call.expect(dropout.on, [] { return "the dropout rate is 0"; });
  if (!call.ok()) return;
  call.output(0, y, x.dtype(), x.shape());
  if (!call.ok()) return;
  const auto apply = kernels().dropout[storage(x)];
  const void* from = x.data();
  void* to = y.data();
  if (dropout.rows != nullptr) {
    return parallel_for(rows, [&](int64_t row) {
      apply(dropout, from, to, row * cols, (row + 1) * cols, dropout.rows[row] * cols);
    });
  }
  parallel_for((elements + kElementsPerTask - 1) / kElementsPerTask, [&](int64_t task) {
    const int64_t begin = task * kElementsPerTask;
    apply(dropout, from, to, begin, begin + kElementsPerTask < elements ? begin + kElementsPerTask : elements, begin);
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
