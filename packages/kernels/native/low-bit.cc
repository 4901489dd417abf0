#include "low-bit.h"

#include <cstring>

#include "encoder.h"

namespace fin {
namespace {

constexpr int32_t kMagic = 0x54424c46;
constexpr int64_t kAlignment = 64;

constexpr float kNf4Numbers[16] = {
    -1.0f,
    -0.6961928009986877f,
    -0.5250730514526367f,
    -0.39491748809814453f,
    -0.28444138169288635f,
    -0.18477343022823334f,
    -0.09105003625154495f,
    0.0f,
    0.07958029955625534f,
    0.16093020141124725f,
    0.24611230194568634f,
    0.33791524171829224f,
    0.44070982933044434f,
    0.5626170039176941f,
    0.7229568362236023f,
    1.0f,
};

struct Pairs {
  float numbers[256][2];
  constexpr Pairs() : numbers() {
    for (int byte = 0; byte < 256; byte++) {
      numbers[byte][0] = kNf4Numbers[byte >> 4];
      numbers[byte][1] = kNf4Numbers[byte & 15];
    }
  }
};

constexpr Pairs kPairs;

}  // namespace

const float (&kNf4Pairs)[256][2] = kPairs.numbers;

std::string read_low_bit(const void* data, int64_t bytes, LowBitMatrix& matrix) {
  if (bytes < kAlignment) return "has " + std::to_string(bytes) + " bytes, fewer than its header";
  int32_t header[4];
  std::memcpy(header, data, sizeof header);
  const bool known = header[0] == kMagic && header[1] >= kNf4 && header[1] <= kInt8Panels && header[2] >= 0 && header[3] >= 0;
  if (!known) return "is not a matrix in few bits";
  const auto* at = static_cast<const uint8_t*>(data);
  std::memcpy(&matrix.offset, at + sizeof header, sizeof matrix.offset);
  int64_t taken = kAlignment;
  const auto take = [&](int64_t count, size_t width) {
    const uint8_t* const section = at + taken;
    taken += (count * static_cast<int64_t>(width) + kAlignment - 1) / kAlignment * kAlignment;
    return section;
  };
  const auto take_floats = [&](int64_t count) { return reinterpret_cast<const float*>(take(count, sizeof(float))); };
  matrix.format = static_cast<LowBitFormat>(header[1]);
  matrix.rows = header[2];
  matrix.cols = header[3];
  const int64_t size = matrix.rows * matrix.cols;
  if (matrix.format == kInt8) {
    matrix.codes = take(size, 1);
    matrix.scales = take_floats(matrix.rows);
  } else if (matrix.format == kInt8Panels) {
    const int64_t rows = whole_panels(matrix.rows) * kPanel;
    matrix.codes = take(rows * ((matrix.cols + kInt8Depth - 1) / kInt8Depth * kInt8Depth), 1);
    matrix.scales = take_floats(rows);
    matrix.surplus = reinterpret_cast<const int32_t*>(take(rows, sizeof(int32_t)));
  } else {
    const int64_t blocks = (size + kNf4Block - 1) / kNf4Block;
    matrix.codes = take((size + 1) / 2, 1);
    matrix.scale_codes = take(blocks, 1);
    matrix.scales = take_floats((blocks + kNf4ScaleBlock - 1) / kNf4ScaleBlock);
    matrix.scale_map = take_floats(256);
  }
  return taken == bytes ? "" : "has " + std::to_string(bytes) + " bytes where " + std::to_string(taken) + " are needed";
}

}  // namespace fin
