// Peak of one thread in products: how many multiplications and additions per second its vector and tile units do when nothing waits for
// memory.
//   g++ -O2 bench/peak.cc -o /tmp/peak && /tmp/peak
// Best of many short rounds by the clock. An instruction that the processor lacks is left out.
#include <chrono>
#include <cstdint>
#include <cstdio>

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

constexpr long kTurns = 100'000;
constexpr int kRounds = 1000;

#define ONE(INSTRUCTION, REGISTER, I) \
  asm volatile(INSTRUCTION " %%" REGISTER #I ", %%" REGISTER #I ", %%" REGISTER #I ::: "xmm" #I);

// Sixteen sums that do not depend on each other hide the latency of one.
#define SIXTEEN(OP, R) \
  ONE(OP, R, 0) ONE(OP, R, 1) ONE(OP, R, 2) ONE(OP, R, 3) ONE(OP, R, 4) ONE(OP, R, 5) ONE(OP, R, 6) ONE(OP, R, 7) \
  ONE(OP, R, 8) ONE(OP, R, 9) ONE(OP, R, 10) ONE(OP, R, 11) ONE(OP, R, 12) ONE(OP, R, 13) ONE(OP, R, 14) ONE(OP, R, 15)

#define LOOP(NAME, OP, R)                                         \
  static void NAME() {                                            \
    asm volatile("vzeroall");                                     \
    for (long turn = 0; turn < kTurns; turn++) { SIXTEEN(OP, R) } \
  }

LOOP(fma_256, "vfmadd231ps", "ymm")
LOOP(fma_512, "vfmadd231ps", "zmm")
LOOP(bfloat16_512, "vdpbf16ps", "zmm")

/// Whether the processor multiplies bfloat16 in tiles (AMX) and the system lets this process do so. All tiles become 16 rows x 64 bytes.
static bool begin_tiles() {
  unsigned a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d & 1u << 22) || !(d & 1u << 24)) return false;
  if (syscall(SYS_arch_prctl, 0x1023, 18) != 0) return false;
  alignas(64) uint8_t shapes[64] = {1};
  for (int tile = 0; tile < 8; tile++) {
    shapes[16 + 2 * tile] = 64;
    shapes[48 + tile] = 16;
  }
  asm volatile("ldtilecfg %0" : : "m"(shapes) : "memory");
  return true;
}

/// Sixteen products of tiles; four sums that do not depend on each other hide the latency of one.
static void bfloat16_tiles() {
  for (long turn = 0; turn < kTurns; turn++) {
    for (int four = 0; four < 4; four++) {
      asm volatile(
          "tdpbf16ps %%tmm6, %%tmm4, %%tmm0\n tdpbf16ps %%tmm7, %%tmm4, %%tmm1\n"
          "tdpbf16ps %%tmm6, %%tmm5, %%tmm2\n tdpbf16ps %%tmm7, %%tmm5, %%tmm3" ::: "memory");
    }
  }
}

/// @param operations multiplications and additions of one instruction
static void measure(const char* name, void (*instructions)(), int operations, int rounds = kRounds) {
  double best = 0;
  for (int round = 0; round < rounds; round++) {
    const auto start = std::chrono::steady_clock::now();
    instructions();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    const double rate = 16.0 * kTurns * operations / seconds.count() / 1e9;
    if (rate > best) best = rate;
  }
  std::printf("%s: %.0f GFLOP/s\n", name, best);
}

int main() {
  if (__builtin_cpu_supports("fma")) measure("float32, 256 bits", fma_256, 16);
  if (__builtin_cpu_supports("avx512f")) measure("float32, 512 bits", fma_512, 32);
  if (__builtin_cpu_supports("avx512bf16")) measure("bfloat16, 512 bits", bfloat16_512, 64);
  if (begin_tiles()) measure("bfloat16, tiles", bfloat16_tiles, 2 * 16 * 16 * 32, kRounds / 16);
}
