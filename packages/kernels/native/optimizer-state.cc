#include "optimizer-state.h"

#include <cstdlib>
#include <map>

namespace fin {
namespace {

/// Smaller outputs come from TensorFlow's allocator, which keeps such memory for reuse.
constexpr size_t kRecycledBytes = 1 << 18;

/// The recyclers of the states that exist, by the address of their data. A recycler ends with its state, and with the weights that it
/// made.
struct Recyclers {
  std::mutex mutex;
  std::map<const void*, std::shared_ptr<Recycler>> of;
};

/// Never destroyed, because TensorFlow may free tensors after main.
Recyclers& recyclers() {
  static Recyclers* instance = new Recyclers;
  return *instance;
}

void free_state(void* data, size_t, void*) {
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

size_t bytes_of(TF_DataType dtype, const std::vector<int64_t>& shape) {
  size_t bytes = TF_DataTypeSize(dtype);
  for (const int64_t dim : shape) bytes *= static_cast<size_t>(dim);
  return bytes;
}

}  // namespace

Recycler::~Recycler() {
  for (const auto& spare : spares_) std::free(spare.second);
}

void* Recycler::take(size_t bytes) {
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

void Recycler::give_back(void* data, size_t bytes) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (kept_ + bytes > limit_) return std::free(data);
  kept_ += bytes;
  spares_.emplace_back(bytes, data);
}

void Recycler::set_limit(size_t bytes) {
  std::lock_guard<std::mutex> lock(mutex_);
  limit_ = bytes;
}

void* state_output(Call& call, int index, TF_DataType dtype, const std::vector<int64_t>& shape) {
  if (!call.ok()) return nullptr;
  const size_t bytes = bytes_of(dtype, shape);
  void* const data = std::aligned_alloc(kCacheLine, bytes / kCacheLine * kCacheLine + kCacheLine);
  if (data == nullptr) {
    call.fail("out of memory", TF_RESOURCE_EXHAUSTED);
    return nullptr;
  }
  {
    std::lock_guard<std::mutex> lock(recyclers().mutex);
    recyclers().of[data] = std::make_shared<Recycler>();
  }
  Tensor state;
  state.reset(TF_NewTensor(dtype, shape.data(), static_cast<int>(shape.size()), data, bytes, &free_state, nullptr));
  call.set_output(index, state);
  return call.ok() ? data : nullptr;
}

std::shared_ptr<Recycler> recycler_of(const Tensor& state) {
  std::lock_guard<std::mutex> lock(recyclers().mutex);
  const auto found = recyclers().of.find(state.data());
  return found == recyclers().of.end() ? nullptr : found->second;
}

void weight_output(Call& call, int index, Tensor& updated, const std::vector<int64_t>& shape,
                   const std::shared_ptr<Recycler>& recycler) {
  if (!call.ok()) return;
  const size_t bytes = bytes_of(TF_FLOAT, shape);
  if (bytes < kRecycledBytes) return call.output(index, updated, TF_FLOAT, shape);
  void* const data = recycler->take(bytes);
  if (data == nullptr) return call.fail("out of memory", TF_RESOURCE_EXHAUSTED);
  updated.reset(TF_NewTensor(TF_FLOAT, shape.data(), static_cast<int>(shape.size()), data, bytes, &free_weights,
                             new std::shared_ptr<Recycler>(recycler)));
  call.set_output(index, updated);
}

int64_t total_elements(const std::vector<std::unique_ptr<Tensor>>& list) {
  int64_t total = 0;
  for (const auto& tensor : list) total += tensor->elements();
  return total;
}

void* create_update(TF_OpKernelConstruction* construction) {
  Attributes read(construction);
  return new UpdateAttributes{read.integer("N"), read.integer("M")};
}

void destroy_update(void* attributes) { delete static_cast<UpdateAttributes*>(attributes); }

void UpdateInputs::read(Call& call, const UpdateAttributes& attributes, int64_t first, int64_t columns) {
  call.input(1, settings);
  call.input(2, factor);
  weights = call.inputs(first, attributes.weights);
  gradients = call.inputs(first + attributes.weights, attributes.gradients);
  if (!call.ok()) return;
  elements = total_elements(weights);
  call.expect(total_elements(gradients) == elements, [&] {
    return "there are " + std::to_string(elements) + " weights, but gradients of " + std::to_string(total_elements(gradients));
  });
  call.expect(settings.shape() == std::vector<int64_t>{attributes.weights, columns}, [&] {
    return "settings has the shape " + settings.shape_text() + " where [" + std::to_string(attributes.weights) + ", " +
           std::to_string(columns) + "] is needed";
  });
  call.expect(factor.elements() == 1, [&] { return "the factor of the gradients has the shape " + factor.shape_text(); });
}

}  // namespace fin
