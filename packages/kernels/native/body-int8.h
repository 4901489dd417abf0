// One panel of a product in int8 (see int8.h). Included by isa-*.cc; no include guard.
//
// The codes of activations are unsigned, 128 more than their values, as the dot products of AVX512-VNNI and AMX take them. Who uses the
// sums subtracts 128 times the sum of the weight's column.

#if FIN_UNIT == FIN_TILES

/// Depths of one tile in int8.
constexpr int64_t kInt8TileDepth = 64;

static void begin_int8() { Tiles().begin(); }
static void end_int8() { Tiles().end(); }

/// By tiles: blocks of 2 x 2 tiles of sums.
static void multiply_int8(const Int8Product& product) {
  constexpr int64_t kRowBytes = kPanel * 4;
  Tiles tiles;
  tiles.after_stores();
  for (int64_t row = 0; row < product.count; row += kPanel) {
    const uint8_t* upper = product.rows + row * product.step;
    const uint8_t* lower = upper + kTile * product.step;
    const int8_t* b = product.weight;
    int32_t* sums = product.sums + row * kPanel;
    tiles.template zero<0>();
    tiles.template zero<1>();
    tiles.template zero<2>();
    tiles.template zero<3>();
    const bool both = product.count - row > kTile;
    for (int64_t k = 0; k < product.depth; k += kInt8TileDepth, b += kInt8TileDepth * kPanel) {
      tiles.template load<6>(b, kRowBytes);
      tiles.template load_passing<4>(upper + k, product.step);
      tiles.template load<7>(b + 4 * kTile, kRowBytes);
      if (both) tiles.template load_passing<5>(lower + k, product.step);
      tiles.template multiply_bytes<0, 4, 6>();
      tiles.template multiply_bytes<1, 4, 7>();
      if (both) {
        tiles.template multiply_bytes<2, 5, 6>();
        tiles.template multiply_bytes<3, 5, 7>();
      }
    }
    tiles.template save<0>(sums, kRowBytes);
    tiles.template save<1>(sums + kTile, kRowBytes);
    if (both) {
      tiles.template save<2>(sums + kTile * kPanel, kRowBytes);
      tiles.template save<3>(sums + kTile * kPanel + kTile, kRowBytes);
    }
  }
}

#else

#if FIN_BYTES == 64
constexpr int kInt8Rows = 12;
#else
constexpr int kInt8Rows = 4;
#endif

/// Four depths of W columns, ready to be multiplied.
struct Int8Columns {
#if defined(FIN_HAS_VNNI)
  vi all;
  FIN_MEMBER explicit Int8Columns(const int8_t* from) { __builtin_memcpy(&all, from, sizeof all); }
#else
  vi even, odd;  // pairs of int16
  FIN_MEMBER explicit Int8Columns(const int8_t* from) {
    vs pairs;
    __builtin_memcpy(&pairs, from, sizeof pairs);
    even = (vi)((pairs << 8) >> 8);
    odd = (vi)(pairs >> 8);
  }
#endif
};

/// Adds the products of four depths of one row.
FIN_INLINE vi add_depths(vi sum, uint32_t row, const Int8Columns& columns) {
#if defined(FIN_HAS_VNNI)
  return (vi)_mm512_dpbusd_epi32((__m512i)sum, _mm512_set1_epi32((int32_t)row), (__m512i)columns.all);
#else
  // Products of int16 are added in pairs, in int32: nothing is saturated.
  const vi even = multiply_pairs(splat_int((int32_t)(row & 0x00ff00ffu)), columns.even);
  return sum + (even + multiply_pairs(splat_int((int32_t)(row >> 8 & 0x00ff00ffu)), columns.odd));
#endif
}

template <int ROWS>
static void multiply_int8_stripe(const Int8Product& product, int64_t row, int64_t col) {
  vi sum[ROWS][2];
#pragma GCC unroll 12
  for (int m = 0; m < ROWS; m++) sum[m][0] = sum[m][1] = vi{};
  const uint8_t* rows = product.rows + row * product.step;
  const int8_t* stripe = product.weight + 4 * col;
  for (int64_t k = 0; k < product.depth; k += 4) {
    const Int8Columns left(stripe + k * kPanel), right(stripe + k * kPanel + 4 * W);
#pragma GCC unroll 12
    for (int m = 0; m < ROWS; m++) {
      uint32_t four;
      __builtin_memcpy(&four, rows + m * product.step + k, sizeof four);
      sum[m][0] = add_depths(sum[m][0], four, left);
      sum[m][1] = add_depths(sum[m][1], four, right);
    }
  }
#pragma GCC unroll 12
  for (int m = 0; m < ROWS; m++) {
    int32_t* const to = product.sums + (row + m) * kPanel + col;
    __builtin_memcpy(to, &sum[m][0], sizeof(vi));
    __builtin_memcpy(to + W, &sum[m][1], sizeof(vi));
  }
}

static void multiply_int8(const Int8Product& product) {
  for (int64_t col = 0; col < kPanel; col += kStripe) {
    int64_t row = 0;
    for (; row + kInt8Rows <= product.count; row += kInt8Rows) multiply_int8_stripe<kInt8Rows>(product, row, col);
    for (; row + 3 <= product.count; row += 3) multiply_int8_stripe<3>(product, row, col);
    for (; row < product.count; row++) multiply_int8_stripe<1>(product, row, col);
  }
}

#endif
