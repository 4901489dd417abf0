#include "cpu.h"

#include <atomic>
#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace fin {
namespace {

#if defined(__x86_64__)

struct Features {
  bool avx2 = false;
  bool avx512 = false;
  bool bfloat16 = false;
};

/// Registers that the operating system saves when it switches threads (XCR0).
uint64_t saved_registers() {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return ((uint64_t)high << 32) | low;
}

/// By the cpuid instruction, because `__builtin_cpu_supports` needs a run-time library that not every compiler provides.
Features find_features() {
  Features found;
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return found;
  const bool fma = c & (1u << 12), osxsave = c & (1u << 27), avx = c & (1u << 28);
  if (!fma || !osxsave || !avx) return found;
  const uint64_t saved = saved_registers();
  if ((saved & 0x6) != 0x6) return found;  // SSE and AVX registers
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return found;
  found.avx2 = b & (1u << 5);
  const uint32_t wanted = (1u << 16) | (1u << 17) | (1u << 30) | (1u << 31);  // F, DQ, BW, VL
  found.avx512 = found.avx2 && (b & wanted) == wanted && (saved & 0xe6) == 0xe6;
  const bool amx = (d & (1u << 22)) && (saved & 0x60000) == 0x60000;  // AMX-BF16 and its tiles
  const bool products = __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & (1u << 5));
  found.bfloat16 = amx || (found.avx512 && products);  // AVX512-BF16
  return found;
}

#endif

struct Choice {
  const Kernels* tables[3];
  int count = 0;
};

Choice find_choice() {
  Choice choice;
#if defined(__x86_64__)
  const Features features = find_features();
  if (features.avx512) choice.tables[choice.count++] = &kAvx512;
  if (features.avx2) choice.tables[choice.count++] = &kAvx2;
#endif
  choice.tables[choice.count++] = &kBaseline;
  return choice;
}

const Choice& choice() {
  static const Choice found = find_choice();
  return found;
}

std::atomic<const Kernels*> chosen{nullptr};

}  // namespace

const Kernels& kernels() {
  const Kernels* table = chosen.load(std::memory_order_relaxed);
  return table != nullptr ? *table : *choice().tables[0];
}

bool choose_kernels(const char* name) {
  if (name[0] == '\0') {
    chosen = nullptr;
    return true;
  }
  for (int i = 0; i < choice().count; i++) {
    if (std::strcmp(choice().tables[i]->name, name) != 0) continue;
    chosen = choice().tables[i];
    return true;
  }
  return false;
}

bool multiplies_bfloat16() {
#if defined(__x86_64__)
  return find_features().bfloat16;
#else
  return true;
#endif
}

void each_kernels(void (*visit)(const char* name, void* context), void* context) {
  for (int i = 0; i < choice().count; i++) visit(choice().tables[i]->name, context);
}

}  // namespace fin
