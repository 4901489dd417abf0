// Holds back the output to file descriptor 2 while a library loads, so that its start-up lines can be filtered. Node cannot
// do this: it has no dup2, and libraries write to the descriptor, not to process.stderr. A process that dies meanwhile prints
// what was held back: nothing of an error is lost.

#include <fcntl.h>
#include <node_api.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

namespace {

constexpr int kFatalSignals[] = {SIGABRT, SIGSEGV, SIGILL, SIGBUS, SIGFPE};
constexpr int kSignals = sizeof(kFatalSignals) / sizeof(kFatalSignals[0]);

int terminal = -1;  // what file descriptor 2 was
int held = -1;      // the file that takes its place
struct sigaction previous[kSignals];

// Puts descriptor 2 back. Only calls that are allowed in a signal handler.
void restore() {
  if (terminal < 0) return;
  dup2(terminal, STDERR_FILENO);
  close(terminal);
  terminal = -1;
  for (int i = 0; i < kSignals; i++) sigaction(kFatalSignals[i], &previous[i], nullptr);
}

void print_held() {
  if (held < 0) return;
  char buffer[4096];
  ssize_t count;
  off_t at = 0;
  while ((count = pread(held, buffer, sizeof buffer, at)) > 0) {
    at += count;
    for (ssize_t done = 0; done < count;) {
      const ssize_t written = write(STDERR_FILENO, buffer + done, count - done);
      if (written < 0) return;
      done += written;
    }
  }
}

void die(int signal) {
  restore();
  print_held();
  raise(signal);
}

void at_exit() {
  if (terminal < 0) return;
  restore();
  print_held();
}

// begin(): true if descriptor 2 is held back from now on.
napi_value begin(napi_env env, napi_callback_info) {
  napi_value result;
  bool begun = false;
  if (terminal < 0) {
    FILE* file = tmpfile();
    held = file ? fcntl(fileno(file), F_DUPFD_CLOEXEC, 0) : -1;
    if (file) fclose(file);
    terminal = held < 0 ? -1 : fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    begun = terminal >= 0 && dup2(held, STDERR_FILENO) >= 0;
  }
  if (begun) {
    static bool registered = false;
    if (!registered) registered = atexit(at_exit) == 0;
    struct sigaction action = {};
    action.sa_handler = die;
    for (int i = 0; i < kSignals; i++) sigaction(kFatalSignals[i], &action, &previous[i]);
  }
  napi_get_boolean(env, begun, &result);
  return result;
}

// end(): puts descriptor 2 back and returns the bytes that were written to it since begin().
napi_value end(napi_env env, napi_callback_info) {
  restore();
  const off_t size = held < 0 ? 0 : lseek(held, 0, SEEK_END);
  void* bytes = nullptr;
  napi_value result;
  if (napi_create_buffer(env, size, &bytes, &result) != napi_ok) return nullptr;
  if (size > 0 && pread(held, bytes, size, 0) != size) print_held();
  if (held >= 0) close(held);
  held = -1;
  return result;
}

}  // namespace

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "begin", NAPI_AUTO_LENGTH, begin, nullptr, &function);
  napi_set_named_property(env, exports, "begin", function);
  napi_create_function(env, "end", NAPI_AUTO_LENGTH, end, nullptr, &function);
  napi_set_named_property(env, exports, "end", function);
  return exports;
}
