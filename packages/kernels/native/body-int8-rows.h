// Dynamic quantization: rows of activations in int8 with a scale each, and their products with a weight in int8 (see int8.h). Included by
// isa-*.cc; no include guard.
//
// A row's largest magnitude gets the code 127, and every number is rounded to the nearest code, ties to even (Dettmers et al., 2022,
// arXiv 2208.07339, without their outliers). A row with NaN or infinity gives NaN in all columns.

/// Rows of activations as codes, each 128 more than its value, and their largest magnitudes over 127².
struct CodedRows {
  uint8_t* codes = nullptr;  // [whole panels of rows, step]; null if no weight is multiplied in int8
  int64_t step = 0;
  float* scales = nullptr;
};

/// Rows that are multiplied together: their sums and some panels fit in the L1 cache.
constexpr int64_t kInt8RowsAtOnce = 96;
static_assert(kInt8RowsAtOnce % kPanel == 0, "sums are written in whole panels of rows");

/// Bytes from row to row of the codes: rows that lie a power of two apart would share cache sets.
FIN_INLINE int64_t coded_step(int64_t depth) { return round_up(depth, kInt8Depth) + kInt8Depth; }

/// Floats of scratch memory for the codes and scales of some rows.
FIN_INLINE int64_t coded_rows_floats(int64_t rows, int64_t depth) {
  return round_up(rows, kPanel) * coded_step(depth) / 4 + round_up(rows, kPanel);
}

/// Floats of scratch memory for the sums of `multiply_coded`.
constexpr int64_t kInt8SumFloats = kInt8RowsAtOnce * kPanel;

FIN_INLINE CodedRows coded_rows_at(float* memory, int64_t rows, int64_t depth) {
  CodedRows coded;
  coded.codes = (uint8_t*)memory;
  coded.step = coded_step(depth);
  coded.scales = memory + round_up(rows, kPanel) * coded.step / 4;
  return coded;
}

/// The codes of one row, with those of zeros behind them up to whole depths.
/// @return its scale
template <class T>
static float quantize_row(const T* x, int64_t count, uint8_t* codes) {
  constexpr int32_t kInfinity = 0x7f800000;
  constexpr float kLeast = 0x1p-100f;  // rows of smaller numbers count as zeros: 127 over them would not be finite
  vi most = {};
  for (int64_t i = 0; i < count; i += W) {
    const vi bits = (vi)load_up_to(x + i, count - i) & 0x7fffffff;
    most = bits > most ? bits : most;
  }
  int32_t largest_bits = 0;
  for (int64_t i = 0; i < W; i++) largest_bits = most[i] > largest_bits ? most[i] : largest_bits;
  float largest;
  __builtin_memcpy(&largest, &largest_bits, sizeof largest);
  const bool finite = largest_bits < kInfinity, zero = largest < kLeast;
  if (!finite || zero) {
    __builtin_memset(codes, 128, (size_t)round_up(count, kInt8Depth));
    return finite ? 0.0f : __builtin_nanf("");
  }
  // Adding and subtracting 1.5 · 2²³ rounds to an integer.
  const vf factor = splat(127.0f / largest), rounder = splat(0x1.8p23f);
  int64_t i = 0;
  for (; i < count; i += W) {
    const vf rounded = load_up_to(x + i, count - i) * factor + rounder;
    store_bytes_up_to(codes + i, (vi)rounded - (vi)rounder + 128, W);
  }
  if (i < round_up(count, kInt8Depth)) __builtin_memset(codes + i, 128, (size_t)(round_up(count, kInt8Depth) - i));
  return largest * (1.0f / (127.0f * 127.0f));
}

/// Quantizes rows of `count` elements.
template <class T>
static void quantize_rows(const T* x, int64_t step, int64_t rows, int64_t count, const CodedRows& to) {
  for (int64_t row = 0; row < rows; row++) to.scales[row] = quantize_row(x + row * step, count, to.codes + row * to.step);
}

/// Multiplies by panels [first, last) of a weight; see `multiply_panels`.
/// @param sums scratch memory, kInt8SumFloats
template <class Epilogue>
static void multiply_coded(const CodedRows& coded, int64_t rows, const LowBitMatrix& weight, int64_t first, int64_t last, int32_t* sums,
                           const Epilogue& epilogue) {
  const Int8Unit& unit = int8_unit();
  const int64_t depth = round_up(weight.cols, kInt8Depth);
  if (unit.begin != nullptr) unit.begin();
  for (int64_t panel = first; panel < last; panel++) {
    const int64_t begin = panel * kPanel;
    for (int64_t row = 0; row < rows; row += kInt8RowsAtOnce) {
      const int64_t count = rows - row < kInt8RowsAtOnce ? rows - row : kInt8RowsAtOnce;
      unit.multiply({coded.codes + row * coded.step, coded.step, count, depth, (const int8_t*)weight.codes + begin * depth, sums});
      for (int64_t col = 0; col < kPanel; col += kStripe) {
        const vi left_surplus = load_ints(weight.surplus + begin + col), right_surplus = load_ints(weight.surplus + begin + col + W);
        const vf left = load(weight.scales + begin + col), right = load(weight.scales + begin + col + W);
        for (int64_t i = 0; i < count; i++) {
          const int32_t* sum = sums + i * kPanel + col;
          const vf scale = splat(coded.scales[row + i]);
          epilogue(row + i, begin + col, __builtin_convertvector(load_ints(sum) - left_surplus, vf) * scale * left,
                   __builtin_convertvector(load_ints(sum + W) - right_surplus, vf) * scale * right);
        }
      }
    }
  }
  if (unit.end != nullptr) unit.end();
}
