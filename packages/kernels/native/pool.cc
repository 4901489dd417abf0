#include "pool.h"

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <system_error>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace fin {
namespace {

/// Upper limit of what a caller may ask for.
constexpr int kMostThreads = 256;

/// A larger scratch buffer is freed as soon as an op needs less.
constexpr int64_t kKeptFloats = 8 << 20;

constexpr int64_t kCacheLine = 64;

/// Treats subnormal numbers as 0 during its lifetime, since they take a hundred times as long.
class FlushSmall {
 public:
#if defined(__x86_64__)
  FlushSmall() : saved_(_mm_getcsr()) { _mm_setcsr(saved_ | 0x8040); }
  ~FlushSmall() { _mm_setcsr(saved_); }

 private:
  unsigned saved_;
#elif defined(__aarch64__)
  FlushSmall() {
    __asm__ volatile("mrs %0, fpcr" : "=r"(saved_));
    __asm__ volatile("msr fpcr, %0" : : "r"(saved_ | (1u << 24)));
  }
  ~FlushSmall() { __asm__ volatile("msr fpcr, %0" : : "r"(saved_)); }

 private:
  uint64_t saved_;
#endif
};

struct Job {
  int64_t tasks;
  void (*work)(void*, int64_t);
  void* context;
  std::atomic<int64_t> next{0};

  void take_tasks() {
    FlushSmall flush;
    for (int64_t task; (task = next.fetch_add(1, std::memory_order_relaxed)) < tasks;) work(context, task);
  }
};

class Pool {
 public:
  Pool() : limit_(hardware()) {}

  /// Number of processors that this process may use, which can be less than the machine has.
  static int hardware() {
    int count = static_cast<int>(std::thread::hardware_concurrency());
#if defined(__linux__)
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) count = CPU_COUNT(&allowed);
#endif
    return count < 1 ? 1 : count > kMostThreads ? kMostThreads : count;
  }

  int limit() const { return limit_.load(std::memory_order_relaxed); }
  void set_limit(int count) { limit_ = count < 1 ? hardware() : count > kMostThreads ? kMostThreads : count; }

  void run(Job& job) {
    // If another JavaScript thread is using the pool, this one works alone.
    std::unique_lock<std::mutex> turn(turn_, std::try_to_lock);
    if (job.tasks < 2 || limit() < 2 || !turn.owns_lock()) return job.take_tasks();
    start_workers(limit() - 1);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      job_ = &job;
      const int64_t useful = job.tasks - 1 < limit() - 1 ? job.tasks - 1 : limit() - 1;
      places_ = static_cast<int>(useful);
    }
    wake_.notify_all();
    job.take_tasks();
    std::unique_lock<std::mutex> lock(mutex_);
    // Workers that have not started yet find no job; wait for the others.
    job_ = nullptr;
    places_ = 0;
    done_.wait(lock, [this] { return working_ == 0; });
  }

 private:
  void start_workers(int count) {
    while (started_ < count) {
      try {
        std::thread([this] { serve(); }).detach();
      } catch (const std::system_error&) {
        set_limit(started_ + 1);
        return;
      }
      started_++;
    }
  }

  void serve() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      wake_.wait(lock, [this] { return places_ > 0; });
      places_--;
      working_++;
      Job* job = job_;
      lock.unlock();
      job->take_tasks();
      lock.lock();
      if (--working_ == 0) done_.notify_one();
      // All tasks are taken. Without this, workers would return to the job until the caller notices.
      if (job_ == job) places_ = 0;
    }
  }

  std::atomic<int> limit_;
  int started_ = 0;  // guarded by turn_
  std::mutex turn_;

  std::mutex mutex_;
  std::condition_variable wake_, done_;
  Job* job_ = nullptr;
  int places_ = 0;
  int working_ = 0;
};

/// Never destroyed, because its threads outlive main.
Pool& pool() {
  static Pool* instance = new Pool;
  return *instance;
}

struct Scratch {
  float* data = nullptr;
  int64_t floats = 0;
  ~Scratch() { std::free(data); }
};

thread_local Scratch scratch;

}  // namespace

int threads() { return pool().limit(); }

void set_threads(int count) { pool().set_limit(count); }

void parallel_for(int64_t tasks, void (*work)(void* context, int64_t task), void* context) {
  Job job{tasks, work, context};
  pool().run(job);
}

float* thread_scratch(int64_t floats) {
  if (floats < 1) floats = 1;
  const bool fits = floats <= scratch.floats;
  const bool wasteful = scratch.floats > kKeptFloats && floats <= kKeptFloats;
  if (fits && !wasteful) return scratch.data;
  std::free(scratch.data);
  const int64_t bytes = (floats * 4 + kCacheLine - 1) / kCacheLine * kCacheLine;
  scratch.data = static_cast<float*>(std::aligned_alloc(kCacheLine, static_cast<size_t>(bytes)));
  scratch.floats = scratch.data == nullptr ? 0 : floats;
  return scratch.data;
}

}  // namespace fin
