// Frozen weights in few bits: NF4 and int8. The bytes of a matrix are made by low-bit-matrix.ts.

#pragma once

#include <cstdint>
#include <string>

namespace fin {

enum LowBitFormat { kNf4 = 1, kInt8 = 2 };

/// Elements of NF4 that share a scale, and scales that share one of their own.
constexpr int64_t kNf4Block = 64;
constexpr int64_t kNf4ScaleBlock = 256;

/// A matrix [rows, cols], row by row.
struct LowBitMatrix {
  LowBitFormat format;
  int64_t rows, cols;
  /// NF4: two elements in a byte, the first in the upper half. int8: one in each.
  const uint8_t* codes;
  /// NF4: the scale of block i is scale_map[scale_codes[i]] * scales[i / 256] + offset.
  const uint8_t* scale_codes;
  const float* scale_map;
  float offset;
  /// int8: largest magnitude of each row.
  const float* scales;
};

/// The two numbers that each byte of NF4 stands for. Dettmers et al., 2023, arXiv 2305.14314.
extern const float (&kNf4Pairs)[256][2];

/// The matrix in these bytes, which it points to.
/// @return an empty string, or what is wrong with them
std::string read_low_bit(const void* data, int64_t bytes, LowBitMatrix& matrix);

}  // namespace fin
