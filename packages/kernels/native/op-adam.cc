// FinAdamW: one update of all parameters.  FinAdamWMoments: the buffer of their running means, which FinAdamW changes in place.

#include "cpu.h"
#include "op.h"
#include "optimizer-state.h"
#include "pool.h"

#include <algorithm>
#include <cstring>
#include <memory>

namespace fin {
namespace {

void compute_moments(void* kernel, TF_OpKernelContext* context) {
  const int64_t count = static_cast<ListAttributes*>(kernel)->count;
  Call call(context, "FinAdamWMoments");
  const auto firsts = call.inputs(0, count);
  const auto seconds = call.inputs(count, count);
  for (int64_t i = 0; call.ok() && i < count; i++) {
    call.expect_same(*seconds[static_cast<size_t>(i)], "a mean of squares", *firsts[static_cast<size_t>(i)], "its mean");
  }
  if (!call.ok()) return;
  const std::vector<int64_t> shape{2, total_elements(firsts)};
  auto* const data = static_cast<float*>(state_output(call, 0, TF_FLOAT, shape));
  if (data == nullptr) return;
  float* to = data;
  for (const auto* list : {&firsts, &seconds}) {
    for (const auto& tensor : *list) {
      if (tensor->elements() > 0) std::memcpy(to, tensor->data(), static_cast<size_t>(tensor->elements()) * sizeof(float));
      to += tensor->elements();
    }
  }
}

/// Columns of the settings: the fields of AdamArgs from `rate` on.
constexpr int64_t kSettings = 5;

/// Elements that lie in one tensor of weights and in one of gradients, as a task.
struct Part {
  AdamArgs args;
  int64_t count;
};

void compute_adam(void* kernel, TF_OpKernelContext* context) {
  Call call(context, "FinAdamW");
  Tensor moments;
  UpdateInputs inputs;
  call.input(0, moments);
  inputs.read(call, *static_cast<UpdateAttributes*>(kernel), 3, kSettings);
  if (!call.ok()) return;
  const auto& [settings, factor, weights, gradients, total] = inputs;
  call.expect(moments.shape() == std::vector<int64_t>{2, total}, [&moments, total = total] {
    return "moments has the shape " + moments.shape_text() + " where [2, " + std::to_string(total) + "] is needed";
  });
  if (!call.ok()) return;
  const std::shared_ptr<Recycler> recycler = recycler_of(moments);
  call.expect(recycler != nullptr || total == 0, [] { return "moments is not a result of FinAdamWMoments"; });
  if (!call.ok()) return;
  if (recycler) recycler->set_limit(static_cast<size_t>(total) * sizeof(float));

  std::vector<Part> parts;
  float* mean = moments.data<float>();
  size_t gradient = 0;
  int64_t used = 0;  // elements of that gradient
  std::vector<std::unique_ptr<Tensor>> outputs;
  for (size_t i = 0; i < weights.size(); i++) {
    const int64_t elements = weights[i]->elements();
    outputs.push_back(std::make_unique<Tensor>());
    Tensor& updated = *outputs.back();
    weight_output(call, static_cast<int>(i), updated, weights[i]->shape(), recycler);
    if (!call.ok()) return;
    const float* const row = settings.data<float>() + static_cast<int64_t>(i) * kSettings;
    for (int64_t at = 0; at < elements;) {
      while (used == gradients[gradient]->elements()) {
        gradient++;
        used = 0;
      }
      const int64_t count = std::min({elements - at, gradients[gradient]->elements() - used, kElementsPerTask});
      parts.push_back({{weights[i]->data<float>() + at, gradients[gradient]->data<float>() + used, mean, mean + total,
                        updated.data<float>() + at, *factor.data<float>(), row[0], row[1], row[2], row[3], row[4]},
                       count});
      at += count;
      used += count;
      mean += count;
    }
  }
  const auto tasks = group_parts(parts.size(), [&](size_t i) { return parts[i].count; });
  const auto adam = kernels().adam;
  parallel_for(static_cast<int64_t>(tasks.size()), [&](int64_t task) {
    const auto [begin, end] = tasks[static_cast<size_t>(task)];
    for (size_t i = begin; i < end; i++) adam(parts[i].args, parts[i].count);
  });
}

}  // namespace

std::string register_adam() {
  const OpDefinition definitions[] = {
      {"FinAdamWMoments",
       {"N: int >= 0"},
       {"means: N * float", "mean_squares: N * float"},
       {"moments: float"},
       &create_list,
       &compute_moments,
       &destroy_list},
      {"FinAdamW",
       {"N: int >= 0", "M: int >= 0"},
       {"moments: float", "settings: float", "factor: float", "weights: N * float", "gradients: M * float"},
       {"updated: N * float"},
       &create_update,
       &compute_adam,
       &destroy_update},
  };
  for (const OpDefinition& definition : definitions) {
    const std::string problem = register_op(definition);
    if (!problem.empty()) return problem;
  }
  return "";
}

}  // namespace fin
