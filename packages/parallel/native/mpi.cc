// The Node addon: collective operations of MPI. One thread makes all calls to MPI, in the order in which JavaScript asks for them, so
// that the JavaScript thread can compute meanwhile, and MPI needs no more than MPI_THREAD_FUNNELED.

#include <mpi.h>
#include <node_api.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

namespace fin {
namespace {

/// What to do; the numbers are those of `operations` in mpi-addon.ts.
enum Operation { kBarrier, kBroadcast, kSum, kMin, kMax, kGather, kInit, kFinalize };

/// Elements of one call to MPI, whose counts are 32-bit.
constexpr size_t kMostElements = size_t{1} << 28;

/// A waiting rank polls for this long, and then sleeps between two looks, so that it leaves its core to others.
constexpr auto kPolling = std::chrono::microseconds(200);
constexpr auto kSleep = std::chrono::microseconds(50);

constexpr const char* kAbandoned = "the group was left because another rank is lost";

struct Task {
  Operation operation = kBarrier;
  char* data = nullptr;
  size_t count = 0;  // elements
  size_t width = 1;  // bytes of an element
  MPI_Datatype type = MPI_BYTE;
  int root = 0;
  std::string problem;
  // A task that JavaScript waits for: `done` is guarded by the engine's mutex.
  bool waited = false, done = false;
  // A task with a promise. The reference keeps the array.
  napi_deferred deferred = nullptr;
  napi_ref array = nullptr;
};

/// The thread that calls MPI, and its queue.
class Engine {
 public:
  void add(Task* task) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!started_) std::thread([this] { serve(); }).detach();
    started_ = true;
    queue_.push_back(task);
    wake_.notify_one();
  }

  void wait(Task& task) {
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [&] { return task.done; });
  }

  /// Ends what waits for other ranks.
  void abandon() { abandoned_ = true; }

  int rank = 0, size = 1;
  std::string library, host;
  napi_threadsafe_function settle = nullptr;
  int64_t promised = 0;  // JavaScript thread only

 private:
  void serve() {
    for (;;) {
      Task* task;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [this] { return !queue_.empty(); });
        task = queue_.front();
        queue_.pop_front();
      }
      run(*task);
      if (!task->waited) {
        napi_call_threadsafe_function(settle, task, napi_tsfn_blocking);
        continue;
      }
      std::lock_guard<std::mutex> lock(mutex_);
      task->done = true;
      done_.notify_all();
    }
  }

  void run(Task& task) {
    if (task.operation == kInit) return begin(task);
    if (task.operation == kFinalize) return check(task, MPI_Finalize());
    // All ranks meet before data moves: MPI's own wait would occupy a core.
    meet(task);
    if (!task.problem.empty()) return;
    if (task.operation == kGather) {
      const size_t own = task.count / static_cast<size_t>(size);
      if (own > kMostElements) return (void)(task.problem = "too many bytes to gather");
      return check(task, MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, task.data, static_cast<int>(own), MPI_BYTE, group_));
    }
    for (size_t at = 0; at < task.count && task.problem.empty(); at += kMostElements) {
      const int count = static_cast<int>(std::min(kMostElements, task.count - at));
      char* data = task.data + at * task.width;
      if (task.operation == kBroadcast) {
        check(task, MPI_Bcast(data, count, task.type, task.root, group_));
      } else {
        const MPI_Op op = task.operation == kSum ? MPI_SUM : task.operation == kMin ? MPI_MIN : MPI_MAX;
        check(task, MPI_Allreduce(MPI_IN_PLACE, data, count, task.type, op, group_));
      }
    }
  }

  void begin(Task& task) {
    int provided = 0, length = 0;
    check(task, MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided));
    if (task.problem.empty() && provided < MPI_THREAD_FUNNELED) task.problem = "this MPI does not support threads";
    if (!task.problem.empty()) return;
    MPI_Comm_dup(MPI_COMM_WORLD, &group_);
    MPI_Comm_set_errhandler(group_, MPI_ERRORS_RETURN);
    MPI_Comm_rank(group_, &rank);
    MPI_Comm_size(group_, &size);
    char text[MPI_MAX_LIBRARY_VERSION_STRING > MPI_MAX_PROCESSOR_NAME ? MPI_MAX_LIBRARY_VERSION_STRING : MPI_MAX_PROCESSOR_NAME];
    MPI_Get_library_version(text, &length);
    library.assign(text, static_cast<size_t>(length));
    MPI_Get_processor_name(text, &length);
    host.assign(text, static_cast<size_t>(length));
  }

  void meet(Task& task) {
    MPI_Request request;
    check(task, MPI_Ibarrier(group_, &request));
    const auto begun = std::chrono::steady_clock::now();
    while (task.problem.empty()) {
      int met = 0;
      check(task, MPI_Test(&request, &met, MPI_STATUS_IGNORE));
      if (met != 0) return;
      if (abandoned_) task.problem = kAbandoned;
      if (std::chrono::steady_clock::now() - begun < kPolling) {
        std::this_thread::yield();
      } else {
        std::this_thread::sleep_for(kSleep);
      }
    }
  }

  static void check(Task& task, int code) {
    if (code == MPI_SUCCESS) return;
    char text[MPI_MAX_ERROR_STRING];
    int length = 0;
    MPI_Error_string(code, text, &length);
    task.problem.assign(text, static_cast<size_t>(length));
  }

  MPI_Comm group_ = MPI_COMM_NULL;
  std::atomic<bool> abandoned_{false};
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::deque<Task*> queue_;
  bool started_ = false;
};

/// Never destroyed, because its thread outlives main.
Engine& engine() {
  static Engine* instance = new Engine;
  return *instance;
}

void throw_error(napi_env env, const std::string& message) { napi_throw_error(env, nullptr, message.c_str()); }

/// Settles the promise of a task; called on the JavaScript thread.
void settle(napi_env env, napi_value, void*, void* data) {
  Task* task = static_cast<Task*>(data);
  if (--engine().promised == 0 && env != nullptr) napi_unref_threadsafe_function(env, engine().settle);
  if (env != nullptr) {
    napi_value value;
    if (task->problem.empty()) {
      napi_get_undefined(env, &value);
      napi_resolve_deferred(env, task->deferred, value);
    } else {
      napi_value message;
      napi_create_string_utf8(env, task->problem.c_str(), NAPI_AUTO_LENGTH, &message);
      napi_create_error(env, nullptr, message, &value);
      napi_reject_deferred(env, task->deferred, value);
    }
    if (task->array != nullptr) napi_delete_reference(env, task->array);
  }
  delete task;
}

/// Reads the arguments (operation, array, root).
bool read_task(napi_env env, napi_callback_info info, Task& task, napi_value& array) {
  size_t count = 3;
  napi_value arguments[3];
  int32_t operation = 0;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  napi_typedarray_type kind;
  void* data = nullptr;
  array = arguments[1];
  if (count < 3 || napi_get_value_int32(env, arguments[0], &operation) != napi_ok ||
      napi_get_value_int32(env, arguments[2], &task.root) != napi_ok ||
      napi_get_typedarray_info(env, array, &kind, &task.count, &data, nullptr, nullptr) != napi_ok) {
    throw_error(env, "an operation, a typed array and a rank are needed");
    return false;
  }
  task.operation = static_cast<Operation>(operation);
  task.data = static_cast<char*>(data);
  if (kind == napi_float32_array) {
    task.type = MPI_FLOAT;
    task.width = 4;
  } else if (kind == napi_float64_array) {
    task.type = MPI_DOUBLE;
    task.width = 8;
  } else if (kind != napi_uint8_array) {
    throw_error(env, "the array must be a Float32Array, a Float64Array or a Uint8Array");
    return false;
  }
  return true;
}

/// run(operation, array, root): a promise.
napi_value run(napi_env env, napi_callback_info info) {
  Task* task = new Task;
  napi_value array, promise = nullptr;
  if (!read_task(env, info, *task, array)) {
    delete task;
    return nullptr;
  }
  napi_create_reference(env, array, 1, &task->array);
  napi_create_promise(env, &task->deferred, &promise);
  if (engine().promised++ == 0) napi_ref_threadsafe_function(env, engine().settle);
  engine().add(task);
  return promise;
}

/// runSync(operation, array, root): returns when it is done.
napi_value run_sync(napi_env env, napi_callback_info info) {
  Task task;
  napi_value array;
  if (!read_task(env, info, task, array)) return nullptr;
  task.waited = true;
  engine().add(&task);
  engine().wait(task);
  if (!task.problem.empty()) throw_error(env, task.problem);
  return nullptr;
}

napi_value abandon(napi_env env, napi_callback_info) {
  engine().abandon();
  if (engine().promised > 0) napi_unref_threadsafe_function(env, engine().settle);  // MPI may never answer
  return nullptr;
}

void set(napi_env env, napi_value object, const char* name, const std::string& text) {
  napi_value value;
  napi_create_string_utf8(env, text.c_str(), text.size(), &value);
  napi_set_named_property(env, object, name, value);
}

void set(napi_env env, napi_value object, const char* name, int number) {
  napi_value value;
  napi_create_int32(env, number, &value);
  napi_set_named_property(env, object, name, value);
}

/// describe(): rank, size, library, host.
napi_value describe(napi_env env, napi_callback_info) {
  napi_value result;
  napi_create_object(env, &result);
  set(env, result, "rank", engine().rank);
  set(env, result, "size", engine().size);
  set(env, result, "library", engine().library);
  set(env, result, "host", engine().host);
  return result;
}

}  // namespace
}  // namespace fin

NAPI_MODULE_INIT() {
  napi_value name;
  napi_create_string_utf8(env, "fin-parallel", NAPI_AUTO_LENGTH, &name);
  if (napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, nullptr, &fin::settle,
                                      &fin::engine().settle) != napi_ok) {
    fin::throw_error(env, "the thread of MPI cannot be reached");
    return nullptr;
  }
  napi_unref_threadsafe_function(env, fin::engine().settle);
  const struct {
    const char* name;
    napi_callback function;
  } functions[] = {{"run", fin::run}, {"runSync", fin::run_sync}, {"abandon", fin::abandon}, {"describe", fin::describe}};
  for (const auto& one : functions) {
    napi_value function;
    napi_create_function(env, one.name, NAPI_AUTO_LENGTH, one.function, nullptr, &function);
    napi_set_named_property(env, exports, one.name, function);
  }
  return exports;
}
