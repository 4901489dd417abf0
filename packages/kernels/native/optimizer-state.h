// Memory of an optimizer's op: its state, which the op changes in place, and the weights that it replaces.

#pragma once

#include "op.h"

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace fin {

constexpr size_t kCacheLine = 64;

/// Memory for updated weights. The buffers of weights that were replaced, and that nobody else holds, are used again by the next
/// update. New memory would cost more time than the update, because the system clears each page.
class Recycler {
 public:
  Recycler() = default;
  Recycler(const Recycler&) = delete;
  Recycler& operator=(const Recycler&) = delete;
  ~Recycler();

  /// @return null if out of memory
  void* take(size_t bytes);
  void give_back(void* data, size_t bytes);
  /// Keeps at most that much memory: one copy of the weights.
  void set_limit(size_t bytes);

 private:
  std::mutex mutex_;
  std::vector<std::pair<size_t, void*>> spares_;
  size_t kept_ = 0, limit_ = 0;
};

/// Makes an output of memory that belongs to it alone, with a recycler.
/// @return its data; null if the call has failed
void* state_output(Call& call, int index, TF_DataType dtype, const std::vector<int64_t>& shape);

/// The recycler of a state; null if the tensor is not an output of `state_output`.
std::shared_ptr<Recycler> recycler_of(const Tensor& state);

/// Allocates the output for an updated weight: large ones in memory of replaced weights.
void weight_output(Call& call, int index, Tensor& updated, const std::vector<int64_t>& shape,
                   const std::shared_ptr<Recycler>& recycler);

int64_t total_elements(const std::vector<std::unique_ptr<Tensor>>& list);

/// Attributes of an op that updates weights: the numbers of tensors of weights and of gradients.
struct UpdateAttributes {
  int64_t weights, gradients;
};

void* create_update(TF_OpKernelConstruction* construction);
void destroy_update(void* attributes);

/// The inputs of an update that do not depend on the kind of state: numbers 1 and 2, and lists.
struct UpdateInputs {
  Tensor settings;  // a row for each tensor of weights
  Tensor factor;    // of all gradients
  std::vector<std::unique_ptr<Tensor>> weights, gradients;
  int64_t elements = 0;  // of all weights

  /// Reads and checks them.
  /// @param first number of the first weights among the inputs
  /// @param columns columns of the settings
  void read(Call& call, const UpdateAttributes& attributes, int64_t first, int64_t columns);
};

/// Elements per task: large enough to outweigh the handover, small enough that the threads finish together.
constexpr int64_t kElementsPerTask = 65536;

/// Divides consecutive parts among tasks of about kElementsPerTask elements. `count(i)` is the number of elements of part i.
/// @return the first part of each task and the one after its last
template <class Count>
std::vector<std::pair<size_t, size_t>> group_parts(size_t parts, const Count& count) {
  std::vector<std::pair<size_t, size_t>> tasks;
  int64_t size = kElementsPerTask;
  for (size_t i = 0; i < parts; i++) {
    if (size + count(i) > kElementsPerTask) {
      tasks.emplace_back(i, i);
      size = 0;
    }
    tasks.back().second = i + 1;
    size += count(i);
  }
  return tasks;
}

}  // namespace fin
