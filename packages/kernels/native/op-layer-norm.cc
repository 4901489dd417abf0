// FinLayerNorm: y = LN(dropout(x + bias) + residual) gamma + beta.  FinLayerNormGrad: its gradients.

#include "cpu.h"
#include "op.h"
#include "pool.h"

#include <algorithm>
#include <atomic>

namespace fin {
namespace {

constexpr int64_t kElementsPerTask = 8192;

struct NormAttributes {
  float epsilon = 0.0f;
  DropoutAttributes dropout{};
  bool param_grad = false;
  bool bias_grad = false;
};

void* create(TF_OpKernelConstruction* construction) {
  Attributes read(construction);
  auto* attributes = new NormAttributes;
  attributes->epsilon = read.real("epsilon");
  attributes->dropout = {read.real("rate"), read.real("keep_scale")};
  return attributes;
}

void* create_grad(TF_OpKernelConstruction* construction) {
  Attributes read(construction);
  auto* attributes = new NormAttributes;
  attributes->dropout = {read.real("rate"), read.real("keep_scale")};
  attributes->param_grad = read.boolean("param_grad");
  attributes->bias_grad = read.boolean("bias_grad");
  return attributes;
}

void destroy(void* attributes) { delete static_cast<NormAttributes*>(attributes); }

/// Checks and stores the arguments that forward and backward pass share.
void read_common(Call& call, const Tensor& x, const Tensor& bias, const Tensor& residual, const Tensor& gamma,
                 const Tensor& seed, const DropoutAttributes& dropout, LayerNormArgs& args) {
  if (!call.ok()) return;
  call.expect(x.rank() == 2, [&] { return "x has the shape " + x.shape_text() + " where [rows, columns] is needed"; });
  if (!call.ok()) return;
  args.rows = x.dim(0);
  args.cols = x.dim(1);
  const bool none = residual.rank() == 1 && residual.dim(0) == 0;
  if (!none) {
    call.expect_same(residual, "residual", x, "x");
    call.expect(residual.dtype() == x.dtype(), [] { return "residual has another dtype than x"; });
  }
  call.expect_vector(gamma, "gamma", args.cols);
  args.bias = call.optional_vector(bias, "bias", args.cols);
  args.dropout = read_dropout(call, dropout, seed, args.rows);
  if (!call.ok()) return;
  args.x = x.data();
  args.residual = none ? nullptr : residual.data();
  args.gamma = gamma.data<float>();
}

void compute(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<NormAttributes*>(kernel);
  Call call(context, "FinLayerNorm");
  Tensor x, bias, residual, gamma, beta, seed, y, mean, rstd;
  call.input(0, x);
  call.input(1, bias);
  call.input(2, residual);
  call.input(3, gamma);
  call.input(4, beta);
  call.input(5, seed);
  LayerNormArgs args{};
  read_common(call, x, bias, residual, gamma, seed, attributes.dropout, args);
  if (call.ok()) call.expect_vector(beta, "beta", args.cols);
  if (!call.ok()) return;
  call.output(0, y, x.dtype(), x.shape());
  call.output(1, mean, TF_FLOAT, {args.rows});
  call.output(2, rstd, TF_FLOAT, {args.rows});
  if (!call.ok()) return;
  args.beta = beta.data<float>();
  args.epsilon = attributes.epsilon;
  args.y = y.data();
  args.mean = mean.data<float>();
  args.rstd = rstd.data<float>();
  normalize_rows(call, args, storage(x), nullptr);
}

void compute_grad(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<NormAttributes*>(kernel);
  Call call(context, "FinLayerNormGrad");
  Tensor dy, x, bias, residual, gamma, mean, rstd, seed, dz, dx, dgamma, dbeta, dbias;
  call.input(0, dy);
  call.input(1, x);
  call.input(2, bias);
  call.input(3, residual);
  call.input(4, gamma);
  call.input(5, mean);
  call.input(6, rstd);
  call.input(7, seed);
  LayerNormArgs args{};
  read_common(call, x, bias, residual, gamma, seed, attributes.dropout, args);
  if (call.ok()) {
    call.expect_same(dy, "dy", x, "x");
    call.expect_vector(mean, "mean", args.rows);
    call.expect_vector(rstd, "rstd", args.rows);
  }
  if (!call.ok()) return;
  const bool dropout = args.dropout.on;
  const int64_t params = attributes.param_grad ? args.cols : 0;
  const int64_t biases = attributes.bias_grad ? args.cols : 0;
  call.output(0, dz, x.dtype(), x.shape());
  call.output(1, dx, x.dtype(), dropout ? x.shape() : std::vector<int64_t>{0});
  call.output(2, dgamma, TF_FLOAT, {params});
  call.output(3, dbeta, TF_FLOAT, {params});
  call.output(4, dbias, TF_FLOAT, {biases});
  if (!call.ok()) return;
  args.dy = dy.data();
  args.mean = mean.data<float>();
  args.rstd = rstd.data<float>();
  args.dz = dz.data();
  args.dx = dropout ? dx.data() : nullptr;
  const auto layer_norm_grad = kernels().layer_norm_grad[storage(x)];
  const int64_t scratch_floats = kernels().layer_norm_scratch(args.cols);
  const int64_t rows = rows_per_block(args.rows);
  const int64_t tasks = args.cols == 0 ? 0 : (args.rows + rows - 1) / rows;
  // Partial sums, one row per block, for gamma, beta and the bias.
  const int64_t stack = tasks * args.cols;
  const int64_t stacks = (params > 0 ? 2 : 0) + (biases > 0 ? 1 : 0);
  Tensor partial;
  float* gamma_stack = call.temporary(partial, stacks * stack);
  if (!call.ok()) return;
  float* beta_stack = params > 0 ? gamma_stack + stack : gamma_stack;
  float* bias_stack = params > 0 ? beta_stack + stack : gamma_stack;
  std::atomic<bool> short_of_memory{false};
  parallel_for(tasks, [&](int64_t task) {
    float* scratch = thread_scratch(scratch_floats);
    if (scratch == nullptr) {
      short_of_memory = true;
      return;
    }
    const auto own_row = [&](float* stack_begin, bool wanted) {
      if (!wanted) return static_cast<float*>(nullptr);
      float* sum = stack_begin + task * args.cols;
      std::fill_n(sum, args.cols, 0.0f);
      return sum;
    };
    const LayerNormSums sums{own_row(gamma_stack, params > 0), own_row(beta_stack, params > 0),
                             own_row(bias_stack, biases > 0)};
    const int64_t begin = task * rows;
    layer_norm_grad(args, begin, begin + rows < args.rows ? begin + rows : args.rows, sums, scratch);
  });
  if (short_of_memory) return call.fail("out of memory", TF_RESOURCE_EXHAUSTED);
  if (params > 0) {
    kernels().sum_rows(gamma_stack, tasks, args.cols, dgamma.data<float>());
    kernels().sum_rows(beta_stack, tasks, args.cols, dbeta.data<float>());
  }
  if (biases > 0) kernels().sum_rows(bias_stack, tasks, args.cols, dbias.data<float>());
}

}  // namespace

void normalize_rows(Call& call, const LayerNormArgs& args, Storage storage, const RowsTask& before) {
  if (args.cols == 0) {
    std::fill_n(args.mean, args.rows, 0.0f);
    std::fill_n(args.rstd, args.rows, 0.0f);
    return;
  }
  const auto layer_norm = kernels().layer_norm[storage];
  const int64_t scratch_floats = kernels().layer_norm_scratch(args.cols);
  const int64_t rows = std::max<int64_t>(1, kElementsPerTask / args.cols);
  std::atomic<bool> short_of_memory{false};
  parallel_for((args.rows + rows - 1) / rows, [&](int64_t task) {
    float* scratch = thread_scratch(scratch_floats);
    if (scratch == nullptr) {
      short_of_memory = true;
      return;
    }
    const int64_t begin = task * rows, end = std::min(args.rows, begin + rows);
    if (before) before(begin, end);
    layer_norm(args, begin, end, scratch);
  });
  if (short_of_memory) call.fail("out of memory", TF_RESOURCE_EXHAUSTED);
}

std::string register_layer_norm() {
  const std::string problem = register_op({
      "FinLayerNorm",
      {"T: {float, bfloat16}", "R: {float, bfloat16} = DT_FLOAT", "epsilon: float", "rate: float = 0.0", "keep_scale: float = 1.0"},
      {"x: T", "bias: float", "residual: R", "gamma: float", "beta: float", "seed: int32"},
      {"y: T", "mean: float", "rstd: float"},
      &create,
      &compute,
      &destroy,
  });
  if (!problem.empty()) return problem;
  return register_op({
      "FinLayerNormGrad",
      {"T: {float, bfloat16}", "R: {float, bfloat16} = DT_FLOAT", "rate: float = 0.0", "keep_scale: float = 1.0", "param_grad: bool = true",
       "bias_grad: bool = false"},
      {"dy: T", "x: T", "bias: float", "residual: R", "gamma: float", "mean: float", "rstd: float", "seed: int32"},
      {"dz: T", "dx: T", "dgamma: float", "dbeta: float", "dbias: float"},
      &create_grad,
      &compute_grad,
      &destroy,
  });
}

}  // namespace fin
