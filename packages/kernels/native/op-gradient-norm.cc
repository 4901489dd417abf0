// FinGlobalNorm: the norm of all gradients together, and the factor that clips it.  FinAllFinite: whether all of their elements are finite.

#include "cpu.h"
#include "op.h"
#include "optimizer-state.h"
#include "pool.h"

#include <algorithm>
#include <cmath>

namespace fin {
namespace {

/// Sum of the squares of all elements, in double precision, where finite numbers never overflow. The tensors may be divided in any way: the
/// order of additions differs, but the sum only in its last bits, which a float32 does not show.
double squares_of(const std::vector<std::unique_ptr<Tensor>>& tensors) {
  std::vector<std::pair<const float*, int64_t>> parts;
  for (const auto& tensor : tensors) {
    for (int64_t at = 0; at < tensor->elements(); at += kElementsPerTask) {
      parts.emplace_back(tensor->data<float>() + at, std::min(kElementsPerTask, tensor->elements() - at));
    }
  }
  std::vector<double> sums(parts.size());
  const auto tasks = group_parts(parts.size(), [&](size_t i) { return parts[i].second; });
  const auto sum_of_squares = kernels().sum_of_squares;
  parallel_for(static_cast<int64_t>(tasks.size()), [&](int64_t task) {
    const auto [begin, end] = tasks[static_cast<size_t>(task)];
    for (size_t i = begin; i < end; i++) sums[i] = sum_of_squares(parts[i].first, parts[i].second);
  });
  double total = 0.0;
  for (const double sum : sums) total += sum;
  return total;
}

struct NormAttributes {
  int64_t count;
  float max_norm, epsilon;
};

void* create_norm(TF_OpKernelConstruction* construction) {
  Attributes read(construction);
  return new NormAttributes{read.integer("N"), read.real("max_norm"), read.real("epsilon")};
}

void destroy_norm(void* attributes) { delete static_cast<NormAttributes*>(attributes); }

void compute_norm(void* kernel, TF_OpKernelContext* context) {
  const NormAttributes& attributes = *static_cast<NormAttributes*>(kernel);
  Call call(context, "FinGlobalNorm");
  const auto tensors = call.inputs(0, attributes.count);
  Tensor norm, factor;
  call.output(0, norm, TF_FLOAT, {});
  call.output(1, factor, TF_FLOAT, {});
  if (!call.ok()) return;
  const auto root = static_cast<float>(std::sqrt(squares_of(tensors)));
  const float ratio = attributes.max_norm / (root + attributes.epsilon);
  *norm.data<float>() = root;
  *factor.data<float>() = ratio > 1.0f ? 1.0f : ratio;  // NaN stays NaN
}

void compute_finite(void* kernel, TF_OpKernelContext* context) {
  Call call(context, "FinAllFinite");
  const auto tensors = call.inputs(0, static_cast<ListAttributes*>(kernel)->count);
  Tensor finite;
  call.output(0, finite, TF_BOOL, {});
  if (call.ok()) *finite.data<bool>() = std::isfinite(squares_of(tensors));
}

}  // namespace

std::string register_gradient_norm() {
  const OpDefinition definitions[] = {
      {"FinGlobalNorm",
       {"N: int >= 0", "max_norm: float", "epsilon: float"},
       {"tensors: N * float"},
       {"norm: float", "factor: float"},
       &create_norm,
       &compute_norm,
       &destroy_norm},
      {"FinAllFinite", {"N: int >= 0"}, {"tensors: N * float"}, {"finite: bool"}, &create_list, &compute_finite, &destroy_list},
  };
  for (const OpDefinition& definition : definitions) {
    const std::string problem = register_op(definition);
    if (!problem.empty()) return problem;
  }
  return "";
}

}  // namespace fin
