// Peak of one thread in products: how many multiplications and additions per second its vector units do when nothing waits for memory.
//   g++ -O2 bench/peak.cc -o /tmp/peak && /tmp/peak
// Best of 1,000 short rounds by the clock. An instruction that the processor lacks is left out.
#include <chrono>
#include <cstdio>

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

/// @param operations multiplications and additions of one instruction
static void measure(const char* name, void (*instructions)(), int operations) {
  double best = 0;
  for (int round = 0; round < kRounds; round++) {
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
}
