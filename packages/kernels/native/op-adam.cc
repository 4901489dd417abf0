// FinAdamW: one update of all parameters.  FinAdamWMoments: the buffer of their running means, which FinAdamW changes in place.
// FinGlobalNorm: the norm of all gradients together.

#include "cpu.h"
#include "op.h"
#include "pool.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace fin {
namespace {

/// Elements per task: large enough to outweigh the handover, small enough that the threads finish together.
constexpr int64_t kElementsPerTask = 65536;

/// Smaller outputs come from TensorFlow's allocator, which keeps such memory for reuse.
constexpr size_t kRecycledBytes = 1 << 18;

constexpr size_t kCacheLine = 64;

/// Memory for updated weights. The buffers of weights that were replaced, and that nobody else holds, are used again by the next
/// update. New memory would cost more time than the update, because the system clears each page.
class Recycler {
 public:
  Recycler() = default;
  Recycler(const Recycler&) = delete;
  Recycler& operator=(const Recycler&) = delete;
  ~Recycler() {
    for (const auto& spare : spares_) std::free(spare.second);
  }

  /// @return null if out of memory
  void* take(size_t bytes) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      for (auto spare = spares_.begin(); spare != spares_.end(); ++spare) {
        if (spare->first != bytes) continue;
        void* const data = spare->second;
        kept_ -= bytes;
        spares_.erase(spare);
        return data;
      }
    }
    return std::aligned_alloc(kCacheLine, (bytes + kCacheLine - 1) / kCacheLine * kCacheLine);
  }

  void give_back(void* data, size_t bytes) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (kept_ + bytes > limit_) return std::free(data);
    kept_ += bytes;
    spares_.emplace_back(bytes, data);
  }

  /// Keeps at most that much memory: one copy of the weights.
  void set_limit(size_t bytes) {
    std::lock_guard<std::mutex> lock(mutex_);
    limit_ = bytes;
  }

 private:
  std::mutex mutex_;
  std::vector<std::pair<size_t, void*>> spares_;
  size_t kept_ = 0, limit_ = 0;
};

/// The recyclers of the moments that exist, by the address of their data. A recycler ends with its moments, and with the weights
/// that it made.
struct Recyclers {
  std::mutex mutex;
  std::map<const void*, std::shared_ptr<Recycler>> of;
};

/// Never destroyed, because TensorFlow may free tensors after main.
Recyclers& recyclers() {
  static Recyclers* instance = new Recyclers;
  return *instance;
}

void free_moments(void* data, size_t, void*) {
  {
    std::lock_guard<std::mutex> lock(recyclers().mutex);
    recyclers().of.erase(data);
  }
  std::free(data);
}

void free_weights(void* data, size_t bytes, void* owner) {
  auto* const recycler = static_cast<std::shared_ptr<Recycler>*>(owner);
  (*recycler)->give_back(data, bytes);
  delete recycler;
}

int64_t total_elements(const std::vector<std::unique_ptr<Tensor>>& list) {
  int64_t total = 0;
  for (const auto& tensor : list) total += tensor->elements();
  return total;
}

struct ListAttributes {
  int64_t count;
};

void* create_list(TF_OpKernelConstruction* construction) { return new ListAttributes{Attributes(construction).integer("N")}; }
void destroy_list(void* attributes) { delete static_cast<ListAttributes*>(attributes); }

void compute_moments(void* kernel, TF_OpKernelContext* context) {
  const int64_t count = static_cast<ListAttributes*>(kernel)->count;
  Call call(context, "FinAdamWMoments");
  const auto firsts = call.inputs(0, count);
  const auto seconds = call.inputs(count, count);
  for (int64_t i = 0; call.ok() && i < count; i++) {
    call.expect_same(*seconds[static_cast<size_t>(i)], "a mean of squares", *firsts[static_cast<size_t>(i)], "its mean");
  }
  if (!call.ok()) return;
  const int64_t shape[2] = {2, total_elements(firsts)};
  const size_t bytes = static_cast<size_t>(shape[0] * shape[1]) * sizeof(float);
  auto* const data = static_cast<float*>(std::aligned_alloc(kCacheLine, bytes / kCacheLine * kCacheLine + kCacheLine));
  if (data == nullptr) return call.fail("out of memory", TF_RESOURCE_EXHAUSTED);
  float* to = data;
  for (const auto* list : {&firsts, &seconds}) {
    for (const auto& tensor : *list) {
      if (tensor->elements() > 0) std::memcpy(to, tensor->data(), static_cast<size_t>(tensor->elements()) * sizeof(float));
      to += tensor->elements();
    }
  }
  {
    std::lock_guard<std::mutex> lock(recyclers().mutex);
    recyclers().of[data] = std::make_shared<Recycler>();
  }
  Tensor moments;
  moments.reset(TF_NewTensor(TF_FLOAT, shape, 2, data, bytes, &free_moments, nullptr));
  call.set_output(0, moments);
}

/// A tensor in recycled memory.
void recycled_output(Call& call, int index, Tensor& tensor, const std::shared_ptr<Recycler>& recycler,
                     const std::vector<int64_t>& shape, size_t bytes) {
  void* const data = recycler->take(bytes);
  if (data == nullptr) return call.fail("out of memory", TF_RESOURCE_EXHAUSTED);
  tensor.reset(TF_NewTensor(TF_FLOAT, shape.data(), static_cast<int>(shape.size()), data, bytes, &free_weights,
                            new std::shared_ptr<Recycler>(recycler)));
  call.set_output(index, tensor);
}

struct AdamAttributes {
  int64_t weights, gradients;
};

void* create_adam(TF_OpKernelConstruction* construction) {
  Attributes read(construction);
  return new AdamAttributes{read.integer("N"), read.integer("M")};
}

void destroy_adam(void* attributes) { delete static_cast<AdamAttributes*>(attributes); }

/// Columns of the settings: the fields of AdamArgs from `rate` on.
constexpr int64_t kSettings = 5;

/// Elements that lie in one tensor of weights and in one of gradients, as a task.
struct Part {
  AdamArgs args;
  int64_t count;
};

void compute_adam(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<AdamAttributes*>(kernel);
  Call call(context, "FinAdamW");
  Tensor moments, settings, factor;
  call.input(0, moments);
  call.input(1, settings);
  call.input(2, factor);
  const auto weights = call.inputs(3, attributes.weights);
  const auto gradients = call.inputs(3 + attributes.weights, attributes.gradients);
  if (!call.ok()) return;
  const int64_t total = total_elements(weights);
  call.expect(total_elements(gradients) == total, [&] {
    return "there are " + std::to_string(total) + " weights, but gradients of " + std::to_string(total_elements(gradients));
  });
  call.expect(moments.shape() == std::vector<int64_t>{2, total}, [&] {
    return "moments has the shape " + moments.shape_text() + " where [2, " + std::to_string(total) + "] is needed";
  });
  call.expect(settings.shape() == std::vector<int64_t>{attributes.weights, kSettings}, [&] {
    return "settings has the shape " + settings.shape_text() + " where [" + std::to_string(attributes.weights) + ", " +
           std::to_string(kSettings) + "] is needed";
  });
  call.expect(factor.elements() == 1, [&] { return "the factor of the gradients has the shape " + factor.shape_text(); });
  if (!call.ok()) return;
  std::shared_ptr<Recycler> recycler;
  {
    std::lock_guard<std::mutex> lock(recyclers().mutex);
    const auto found = recyclers().of.find(moments.data());
    if (found != recyclers().of.end()) recycler = found->second;
  }
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
    const std::vector<int64_t> shape = weights[i]->shape();
    const size_t bytes = static_cast<size_t>(elements) * sizeof(float);
    outputs.push_back(std::make_unique<Tensor>());
    Tensor& updated = *outputs.back();
    if (bytes >= kRecycledBytes) {
      recycled_output(call, static_cast<int>(i), updated, recycler, shape, bytes);
    } else {
      call.output(static_cast<int>(i), updated, TF_FLOAT, shape);
    }
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
  // Small parts are grouped into tasks.
  std::vector<std::pair<size_t, size_t>> tasks;
  int64_t size = kElementsPerTask;
  for (size_t i = 0; i < parts.size(); i++) {
    if (size + parts[i].count > kElementsPerTask) {
      tasks.emplace_back(i, i);
      size = 0;
    }
    tasks.back().second = i + 1;
    size += parts[i].count;
  }
  const auto adam = kernels().adam;
  parallel_for(static_cast<int64_t>(tasks.size()), [&](int64_t task) {
    const auto [begin, end] = tasks[static_cast<size_t>(task)];
    for (size_t i = begin; i < end; i++) adam(parts[i].args, parts[i].count);
  });
}

void compute_norm(void* kernel, TF_OpKernelContext* context) {
  Call call(context, "FinGlobalNorm");
  const auto tensors = call.inputs(0, static_cast<ListAttributes*>(kernel)->count);
  Tensor norm;
  call.output(0, norm, TF_FLOAT, {});
  if (!call.ok()) return;
  std::vector<std::pair<const float*, int64_t>> parts;
  for (const auto& tensor : tensors) {
    for (int64_t at = 0; at < tensor->elements(); at += kElementsPerTask) {
      parts.emplace_back(tensor->data<float>() + at, std::min(kElementsPerTask, tensor->elements() - at));
    }
  }
  std::vector<double> sums(parts.size());
  const auto sum_of_squares = kernels().sum_of_squares;
  parallel_for(static_cast<int64_t>(parts.size()), [&](int64_t i) {
    const auto [x, count] = parts[static_cast<size_t>(i)];
    sums[static_cast<size_t>(i)] = sum_of_squares(x, count);
  });
  double total = 0.0;
  for (const double sum : sums) total += sum;
  *norm.data<float>() = static_cast<float>(std::sqrt(total));
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
       &create_adam,
       &compute_adam,
       &destroy_adam},
      {"FinGlobalNorm", {"N: int >= 0"}, {"tensors: N * float"}, {"norm: float"}, &create_list, &compute_norm, &destroy_list},
  };
  for (const OpDefinition& definition : definitions) {
    const std::string problem = register_op(definition);
    if (!problem.empty()) return problem;
  }
  return "";
}

}  // namespace fin
