// Threads for the kernels: as many as this process may run on, asleep between ops. TensorFlow's own pool is not to be had
// through its C API; the two never work at once, since an op runs from beginning to end while TensorFlow waits for it.

#pragma once

#include <cstdint>

namespace fin {

/// How many threads work on an op, the caller's among them.
int threads();

/// Uses that many from now on, all there are for 0.
void set_threads(int count);

/// Calls work(context, i) for each i in [0, tasks), on several threads, in no order, and returns when all are done. What a task
/// writes must not depend on who runs it or when. Small numbers below 1e-38 count as 0 in it, on every thread alike.
void parallel_for(int64_t tasks, void (*work)(void* context, int64_t task), void* context);

/// The same for anything that can be called with a number.
template <class F>
void parallel_for(int64_t tasks, const F& work) {
  const auto run = [](void* context, int64_t task) { (*static_cast<const F*>(context))(task); };
  parallel_for(tasks, run, const_cast<F*>(&work));
}

/// Memory of this thread for that many floats, aligned for any vector; what it holds is lost with the next call.
/// @return null where there is not so much memory
float* thread_scratch(int64_t floats);

}  // namespace fin
