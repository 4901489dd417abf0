// FinGelu: y = gelu(x + bias).  FinGeluGrad: its gradients.

#include "cpu.h"
#include "op.h"
#include "pool.h"

#include <algorithm>

namespace fin {
namespace {

/// Elements per task: some microseconds of work.
constexpr int64_t kElementsPerTask = 16384;

int64_t blocks(int64_t count, int64_t per_block) { return (count + per_block - 1) / per_block; }

/// Reads x as rows along its last dimension, and the bias.
void read_shape(Call& call, const Tensor& x, const Tensor& bias, GeluArgs& args) {
  if (!call.ok()) return;
  args.cols = x.rank() == 0 ? 1 : x.dim(x.rank() - 1);
  args.rows = args.cols == 0 ? 0 : x.elements() / args.cols;
  args.bias = call.optional_vector(bias, "bias", args.cols);
}

void compute(void*, TF_OpKernelContext* context) {
  Call call(context, "FinGelu");
  Tensor x, bias, y;
  call.input(0, x);
  call.input(1, bias);
  GeluArgs args{};
  read_shape(call, x, bias, args);
  if (!call.ok()) return;
  call.output(0, y, x.dtype(), x.shape());
  if (!call.ok()) return;
  args.x = x.data();
  args.y = y.data();
  const auto gelu = kernels().gelu[storage(x)];
  const int64_t elements = x.elements();
  parallel_for(blocks(elements, kElementsPerTask), [&](int64_t task) {
    const int64_t begin = task * kElementsPerTask;
    gelu(args, begin, begin + kElementsPerTask < elements ? begin + kElementsPerTask : elements);
  });
}

struct GradAttributes {
  bool bias_grad;
};

void* create_grad(TF_OpKernelConstruction* construction) {
  return new GradAttributes{Attributes(construction).boolean("bias_grad")};
}

void destroy_grad(void* attributes) { delete static_cast<GradAttributes*>(attributes); }

void compute_grad(void* attributes, TF_OpKernelContext* context) {
  Call call(context, "FinGeluGrad");
  Tensor dy, x, bias, dx, dbias;
  call.input(0, dy);
  call.input(1, x);
  call.input(2, bias);
  GeluArgs args{};
  read_shape(call, x, bias, args);
  if (call.ok()) call.expect_same(dy, "dy", x, "x");
  if (!call.ok()) return;
  const bool sums = static_cast<GradAttributes*>(attributes)->bias_grad;
  call.output(0, dx, x.dtype(), x.shape());
  call.output(1, dbias, TF_FLOAT, {sums ? args.cols : 0});
  if (!call.ok()) return;
  args.x = x.data();
  args.dy = dy.data();
  args.y = dx.data();
  const auto gelu_grad = kernels().gelu_grad[storage(x)];
  const int64_t rows = rows_per_block(args.rows);
  const int64_t tasks = blocks(args.rows, rows);
  Tensor partial;
  float* stack = sums ? call.temporary(partial, tasks * args.cols) : nullptr;
  if (!call.ok()) return;
  parallel_for(tasks, [&](int64_t task) {
    const int64_t begin = task * rows;
    const int64_t end = begin + rows < args.rows ? begin + rows : args.rows;
    float* sum = sums ? stack + task * args.cols : nullptr;
    if (sums) std::fill_n(sum, args.cols, 0.0f);
    gelu_grad(args, begin, end, sum);
  });
  if (sums) kernels().sum_rows(stack, tasks, args.cols, dbias.data<float>());
}

}  // namespace

std::string register_gelu() {
  const std::string problem = register_op({
      "FinGelu",
      {"T: {float, bfloat16}"},
      {"x: T", "bias: float"},
      {"y: T"},
      nullptr,
      &compute,
      nullptr,
  });
  if (!problem.empty()) return problem;
  return register_op({
      "FinGeluGrad",
      {"T: {float, bfloat16}", "bias_grad: bool = false"},
      {"dy: T", "x: T", "bias: float"},
      {"dx: T", "dbias: float"},
      &create_grad,
      &compute_grad,
      &destroy_grad,
  });
}

}  // namespace fin
