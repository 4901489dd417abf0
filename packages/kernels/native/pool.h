// Thread pool of the kernels: one thread per processor that this process may use, asleep between ops. TensorFlow's C API gives no
// access to its own pool. The two pools do not compete: TensorFlow waits while one of our ops runs.

#pragma once

#include <cstdint>

namespace fin {

/// Threads per op, including the calling one.
int threads();

/// Sets the number of threads; 0 for one per processor.
void set_threads(int count);

/// Calls work(context, i) for each i in [0, tasks) on several threads, in any order, and returns when all are done. The result of
/// a task must not depend on the thread or the order. Subnormal numbers (below 1e-38) count as 0, on every thread.
void parallel_for(int64_t tasks, void (*work)(void* context, int64_t task), void* context);

/// The same for any callable that takes a task number.
template <class F>
void parallel_for(int64_t tasks, const F& work) {
  const auto run = [](void* context, int64_t task) { (*static_cast<const F*>(context))(task); };
  parallel_for(tasks, run, const_cast<F*>(&work));
}

/// Scratch memory of this thread for that many floats, aligned for any vector. The next call on this thread invalidates it.
/// @return null if out of memory
float* thread_scratch(int64_t floats);

}  // namespace fin
