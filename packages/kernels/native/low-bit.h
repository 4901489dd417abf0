// Frozen weights in few bits: NF4 and int8. The bytes of a matrix are made by low-bit-matrix.ts.

#pragma once

#include <cstdint>
#include <string>

namespace fin {

/// The last is int8 for products with activations in int8: the same codes and scales, in panels.
enum LowBitFormat { kNf4 = 1, kInt8 = 2, kInt8Panels = 3 };

/// Depths of a weight in int8 panels are filled up with zeros to a multiple of this: the depths of an AMX tile.
constexpr int64_t kInt8Depth = 64;

/// Elements of NF4 that share a scale, and scales that share one of their own.
constexpr int64_t kNf4Block = 64;
constexpr int64_t kNf4ScaleBlock = 256;

/// A matrix [rows, cols], row by row.
struct LowBitMatrix {
  LowBitFormat format;
  int64_t rows, cols;
  /// NF4: two elements in a byte, the first in the upper half. int8: one in each. int8 panels: [whole panels of rows, depth / 4, kPanel, 4],
  /// four columns of a row side by side; see kPanel in encoder.h.
  const uint8_t* codes;
  /// NF4: the scale of block i is scale_map[scale_codes[i]] * scales[i / 256] + offset.
  const uint8_t* scale_codes;
  const float* scale_map;
  float offset;
  /// int8: largest magnitude of each row. int8 panels: of whole panels of rows.
  const float* scales;
  /// int8 panels: 128 times the sum of each row's codes.
  const int32_t* surplus;
};

/// Whether products by the matrix are in int8.
inline bool in_int8(const LowBitMatrix& matrix) { return matrix.codes != nullptr && matrix.format == kInt8Panels; }

/// The two numbers that each byte of NF4 stands for. Dettmers et al., 2023, arXiv 2305.14314.
extern const float (&kNf4Pairs)[256][2];

/// The matrix in these bytes, which it points to.
/// @return an empty string, or what is wrong with them
std::string read_low_bit(const void* data, int64_t bytes, LowBitMatrix& matrix);

}  // namespace fin
