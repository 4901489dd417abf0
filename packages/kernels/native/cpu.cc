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

struct EncoderChoice {
  const EncoderKernels* tables[4];
  int count = 0;
};

/// Encoders in bfloat16, best first. The vectors of `kernels()` come last but for the emulated unit.
EncoderChoice find_encoders() {
  EncoderChoice found;
#if defined(__x86_64__)
  const Features features = find_features();
  const bool converts = features.avx512_bf16;
  if (features.amx && converts && kAmxEncoder != nullptr && may_use_tiles()) found.tables[found.count++] = kAmxEncoder;
  if (converts && kAvx512Bf16Encoder != nullptr) found.tables[found.count++] = kAvx512Bf16Encoder;
#endif
  found.tables[found.count++] = nullptr;
  found.tables[found.count++] = &kEmulatedTilesEncoder;
  return found;
}

const EncoderChoice& encoder_choice() {
  static const EncoderChoice found = find_encoders();
  return found;
}

/// Index in the choice.
std::atomic<int> chosen_encoder{0};

/// The encoder by the vectors of `kernels()`.
const EncoderKernels& vector_encoder(Storage storage) {
#if defined(__x86_64__)
  if (&kernels() == &kAvx512) return kAvx512Encoder[storage];
  if (&kernels() == &kAvx2) return kAvx2Encoder[storage];
#endif
  return kBaselineEncoder[storage];
}

const char* encoder_name(int index) {
  const EncoderKernels* table = encoder_choice().tables[index];
  return table != nullptr ? table->name : "vectors";
}

struct Int8Choice {
  const Int8Unit* units[4];
  int count = 0;
};

/// Units for int8, best first. The vectors of `kernels()` come last but for the emulated unit.
Int8Choice find_int8() {
  Int8Choice found;
#if defined(__x86_64__)
  const Features features = find_features();
  const bool tiles = features.amx_int8 && features.avx512_bf16 && kAmxInt8 != nullptr;
  if (tiles && may_use_tiles()) found.units[found.count++] = kAmxInt8;
  if (features.avx512_vnni && kVnniInt8 != nullptr) found.units[found.count++] = kVnniInt8;
#endif
  found.units[found.count++] = nullptr;
  found.units[found.count++] = &kEmulatedTilesInt8;
  return found;
}

const Int8Choice& int8_choice() {
  static const Int8Choice found = find_int8();
  return found;
}

/// Index in the choice.
std::atomic<int> chosen_int8{0};

const char* int8_name(int index) {
  const Int8Unit* unit = int8_choice().units[index];
  return unit != nullptr ? unit->name : "vectors";
}

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
  const Features features = find_features();
  return features.amx || features.avx512_bf16;
#else
  return true;
#endif
}

const EncoderKernels& encoder_kernels(Storage storage) {
  const EncoderKernels* table = encoder_choice().tables[chosen_encoder.load(std::memory_order_relaxed)];
  return storage == kFloat32 || table == nullptr ? vector_encoder(storage) : *table;
}

const char* encoder_unit() { return encoder_name(chosen_encoder.load(std::memory_order_relaxed)); }

bool choose_encoder(const char* name) {
  for (int i = 0; i < encoder_choice().count; i++) {
    if (name[0] != '\0' && std::strcmp(encoder_name(i), name) != 0) continue;
    chosen_encoder = i;
    return true;
  }
  return false;
}

void each_encoder(void (*visit)(const char* name, void* context), void* context) {
  for (int i = 0; i < encoder_choice().count; i++) visit(encoder_name(i), context);
}

const Int8Unit& int8_unit() {
  const Int8Unit* unit = int8_choice().units[chosen_int8.load(std::memory_order_relaxed)];
  if (unit != nullptr) return *unit;
#if defined(__x86_64__)
  if (&kernels() == &kAvx512) return kAvx512Int8;
  if (&kernels() == &kAvx2) return kAvx2Int8;
#endif
  return kBaselineInt8;
}

const char* int8_unit_name() { return int8_name(chosen_int8.load(std::memory_order_relaxed)); }

bool choose_int8(const char* name) {
  for (int i = 0; i < int8_choice().count; i++) {
    if (name[0] != '\0' && std::strcmp(int8_name(i), name) != 0) continue;
    chosen_int8 = i;
    return true;
  }
  return false;
}

void each_int8(void (*visit)(const char* name, void* context), void* context) {
  for (int i = 0; i < int8_choice().count; i++) visit(int8_name(i), context);
}

void each_kernels(void (*visit)(const char* name, void* context), void* context) {
  for (int i = 0; i < choice().count; i++) visit(choice().tables[i]->name, context);
}

}  // namespace fin
