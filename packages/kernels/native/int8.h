// Products of activations and weights in int8, with exact sums in int32 (see body-int8.h): one function per unit that multiplies them.

#pragma once

#include <cstdint>

#include "low-bit.h"

namespace fin {

/// Some rows times one panel of a weight.
struct Int8Product {
  /// Codes of the activations, each 128 more than its value; `step` bytes from row to row. The rows up to whole panels can be read.
  const uint8_t* rows;
  int64_t step, count;
  int64_t depth;         // a multiple of kInt8Depth
  const int8_t* weight;  // [depth / 4, kPanel, 4]
  int32_t* sums;         // [whole panels of rows, kPanel]
};

struct Int8Unit {
  const char* name;
  /// Before the first and after the last of some products of a thread; null if there is nothing to do.
  void (*begin)();
  void (*end)();
  void (*multiply)(const Int8Product&);
};

// By the vectors of each instruction set.
extern const Int8Unit kBaselineInt8;
#if defined(__x86_64__)
extern const Int8Unit kAvx2Int8;
extern const Int8Unit kAvx512Int8;
#endif

// By AVX512-VNNI's dot products and by AMX's tiles. Null if the compiler does not know these instructions.
extern const Int8Unit* const kVnniInt8;
extern const Int8Unit* const kAmxInt8;

/// AMX's tiles emulated in C++, to test on every machine what surrounds them.
extern const Int8Unit kEmulatedTilesInt8;

/// The unit in use for products in int8.
const Int8Unit& int8_unit();

/// The name of the unit in use: "vectors" are those of `kernels()`.
const char* int8_unit_name();

/// Selects the unit of that name, or the best one for an empty name.
/// @return false if this processor does not have it
bool choose_int8(const char* name);

/// Calls `visit` with the name of each unit that this processor has, best first.
void each_int8(void (*visit)(const char* name, void* context), void* context);

}  // namespace fin
