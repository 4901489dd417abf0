#include "cpu.h"

#include <atomic>
#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace fin {
namespace {

#if defined(__x86_64__)

struct Features {
  bool avx2 = false;
  bool avx512 = false;
  bool avx512_bf16 = false;
  bool avx512_vnni = false;
  bool amx = false;
  bool amx_int8 = false;
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
  found.avx512_vnni = found.avx512 && (c & (1u << 11));
  const uint32_t tiles = (1u << 22) | (1u << 24);  // AMX-BF16, AMX-TILE
  found.amx = (d & tiles) == tiles && (saved & 0x60000) == 0x60000;
  found.amx_int8 = found.amx && (d & (1u << 25));
  found.avx512_bf16 = found.avx512 && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & (1u << 5));
  return found;
}

#endif

/// Asks the system for the tile registers, which are not saved for processes that have not asked.
bool may_use_tiles() {
#if defined(__x86_64__) && defined(__linux__)
  constexpr long kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

/// The tables of one kind that this processor has, best first, and which of them is in use. A null table stands for the vectors of
/// `kernels()`.
template <class Table>
class Tables {
 public:
  /// @param find adds the tables
  template <class Find>
  explicit Tables(const Find& find) {
    find(*this);
  }

  void add(const Table* table) { tables_[count_++] = table; }

  /// The table in use; null for the vectors of `kernels()`.
  const Table* chosen() const { return tables_[index_.load(std::memory_order_relaxed)]; }

  const char* chosen_name() const { return name(index_.load(std::memory_order_relaxed)); }

  /// Selects the table of that name, or the best one for an empty name. @return false if there is none
  bool choose(const char* wanted) {
    for (int i = 0; i < count_; i++) {
      if (wanted[0] != '\0' && std::strcmp(name(i), wanted) != 0) continue;
      index_ = i;
      return true;
    }
    return false;
  }

  void each(void (*visit)(const char* name, void* context), void* context) const {
    for (int i = 0; i < count_; i++) visit(name(i), context);
  }

 private:
  const char* name(int index) const { return tables_[index] != nullptr ? tables_[index]->name : "vectors"; }

  const Table* tables_[4] = {};
  int count_ = 0;
  std::atomic<int> index_{0};
};

Tables<Kernels>& kernel_tables() {
  static Tables<Kernels> found([](auto& tables) {
#if defined(__x86_64__)
    const Features features = find_features();
    if (features.avx512) tables.add(&kAvx512);
    if (features.avx2) tables.add(&kAvx2);
#endif
    tables.add(&kBaseline);
  });
  return found;
}

/// Encoders in bfloat16. The vectors of `kernels()` come last but for the emulated unit.
Tables<EncoderKernels>& encoder_tables() {
  static Tables<EncoderKernels> found([](auto& tables) {
#if defined(__x86_64__)
    const Features features = find_features();
    const bool converts = features.avx512_bf16;
    if (features.amx && converts && kAmxEncoder != nullptr && may_use_tiles()) tables.add(kAmxEncoder);
    if (converts && kAvx512Bf16Encoder != nullptr) tables.add(kAvx512Bf16Encoder);
#endif
    tables.add(nullptr);
    tables.add(&kEmulatedTilesEncoder);
  });
  return found;
}

/// Units for products in int8. The vectors of `kernels()` come last but for the emulated unit.
Tables<Int8Unit>& int8_tables() {
  static Tables<Int8Unit> found([](auto& tables) {
#if defined(__x86_64__)
    const Features features = find_features();
    const bool tiles = features.amx_int8 && features.avx512_bf16 && kAmxInt8 != nullptr;
    if (tiles && may_use_tiles()) tables.add(kAmxInt8);
    if (features.avx512_vnni && kVnniInt8 != nullptr) tables.add(kVnniInt8);
#endif
    tables.add(nullptr);
    tables.add(&kEmulatedTilesInt8);
  });
  return found;
}

/// The encoder by the vectors of `kernels()`.
const EncoderKernels& vector_encoder(Storage storage) {
#if defined(__x86_64__)
  if (&kernels() == &kAvx512) return kAvx512Encoder[storage];
  if (&kernels() == &kAvx2) return kAvx2Encoder[storage];
#endif
  return kBaselineEncoder[storage];
}

}  // namespace

const Kernels& kernels() { return *kernel_tables().chosen(); }

bool choose_kernels(const char* name) { return kernel_tables().choose(name); }

void each_kernels(void (*visit)(const char* name, void* context), void* context) { kernel_tables().each(visit, context); }

bool multiplies_bfloat16() {
#if defined(__x86_64__)
  const Features features = find_features();
  return features.amx || features.avx512_bf16;
#else
  return true;
#endif
}

const EncoderKernels& encoder_kernels(Storage storage) {
  const EncoderKernels* table = encoder_tables().chosen();
  return storage == kFloat32 || table == nullptr ? vector_encoder(storage) : *table;
}

const char* encoder_unit() { return encoder_tables().chosen_name(); }

bool choose_encoder(const char* name) { return encoder_tables().choose(name); }

void each_encoder(void (*visit)(const char* name, void* context), void* context) { encoder_tables().each(visit, context); }

const Int8Unit& int8_unit() {
  const Int8Unit* unit = int8_tables().chosen();
  if (unit != nullptr) return *unit;
#if defined(__x86_64__)
  if (&kernels() == &kAvx512) return kAvx512Int8;
  if (&kernels() == &kAvx2) return kAvx2Int8;
#endif
  return kBaselineInt8;
}

const char* int8_unit_name() { return int8_tables().chosen_name(); }

bool choose_int8(const char* name) { return int8_tables().choose(name); }

void each_int8(void (*visit)(const char* name, void* context), void* context) { int8_tables().each(visit, context); }

}  // namespace fin
