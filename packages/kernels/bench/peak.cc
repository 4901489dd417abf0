// Peak of one thread in products: how many multiplications and additions per second its vector units do when nothing waits for memory.
//   g++ -O2 bench/peak.cc -o /tmp/peak && /tmp/peak
// Best of 1,000 short rounds by the clock. An instruction that the processor lacks is left out.
#include <chrono>
#include <cstdio>

constexpr long kTurns = 100'000;
constexpr int kRounds = 1000;

// Sixteen sums that do not depend on each other hide the latency of one.
#define SIXTEEN(ONE) \
  ONE(0) ONE(1) ONE(2) ONE(3) ONE(4) ONE(5) ONE(6) ONE(7) ONE(8) ONE(9) ONE(10) ONE(11) ONE(12) ONE(13) ONE(14) ONE(15)

static void fma_256() {
#define ONE(I) asm volatile("vfmadd231ps %%ymm" #I ", %%ymm" #I ", %%ymm" #I ::: "xmm" #I);
  asm volatile("vzeroall");
  for (long turn = 0; turn < kTurns; turn++) { SIXTEEN(ONE) }
#undef ONE
}

static void fma_512() {
#define ONE(I) asm volatile("vfmadd231ps %%zmm" #I ", %%zmm" #I ", %%zmm" #I ::: "xmm" #I);
  asm volatile("vzeroall");
  for (long turn = 0; turn < kTurns; turn++) { SIXTEEN(ONE) }
#undef ONE
}

static void bfloat16_512() {
#define ONE(I) asm volatile("vdpbf16ps %%zmm" #I ", %%zmm" #I ", %%zmm" #I ::: "xmm" #I);
  asm volatile("vzeroall");
  for (long turn = 0; turn < kTurns; turn++) { SIXTEEN(ONE) }
#undef ONE
}

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
