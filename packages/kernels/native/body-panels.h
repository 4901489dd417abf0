// Products of activations with packed weights (see encoder.h). Included by isa-*.cc; no include guard.
//
// `multiply_panels` computes the columns of some panels for all rows and hands them to an epilogue, which adds the bias and so on
// while they are in registers: epilogue(row, col, a, b) gets the columns [col, col + W) in a and [col + W, col + 2 W) in b. The sum
// over the depth has the same order for every row, so that a result does not depend on the rows beside it.

/// Activations: `count` rows, `step` elements apart, with zeros from the depth up to a multiple of kPanel.
template <class T>
struct Rows {
  const T* data;
  int64_t step, count, depth;
};

constexpr int64_t kStripe = 2 * W;  // columns that are summed in registers together
static_assert(kPanel % kStripe == 0, "a panel consists of whole stripes");

#if FIN_BYTES == 64
constexpr int kStripeRows = 12;
#elif FIN_BYTES == 32
constexpr int kStripeRows = 6;
#else
constexpr int kStripeRows = 4;
#endif

/// Adds one depth of the weights to the sums of a tile.
template <int ROWS>
FIN_INLINE void add_depth(vf (&sum)[ROWS][2], const float* a, int64_t step, vf b0, vf b1) {
#pragma GCC unroll 12
  for (int m = 0; m < ROWS; m++) {
    const vf factor = splat(a[m * step]);
    sum[m][0] = fma(factor, b0, sum[m][0]);
    sum[m][1] = fma(factor, b1, sum[m][1]);
  }
}

template <int ROWS>
FIN_INLINE void sum_depths(vf (&sum)[ROWS][2], const float* a, int64_t step, const float* stripe, int64_t depth) {
  for (int64_t k = 0; k < depth; k++) {
    add_depth<ROWS>(sum, a + k, step, load(stripe + k * kPanel), load(stripe + k * kPanel + W));
  }
}

/// Weights in bfloat16, which are widened here.
template <int ROWS>
FIN_INLINE void sum_depths(vf (&sum)[ROWS][2], const float* a, int64_t step, const bfloat16* stripe, int64_t depth) {
  for (int64_t k = 0; k < depth; k += 2) {
    vu b0, b1;
    __builtin_memcpy(&b0, stripe + k * kPanel, sizeof b0);
    __builtin_memcpy(&b1, stripe + k * kPanel + 2 * W, sizeof b1);
    add_depth<ROWS>(sum, a + k, step, (vf)(b0 << 16), (vf)(b1 << 16));
    add_depth<ROWS>(sum, a + k + 1, step, (vf)(b0 & 0xffff0000u), (vf)(b1 & 0xffff0000u));
  }
}

#if FIN_UNIT == FIN_DOTS
/// Both factors in bfloat16, two depths per instruction.
template <int ROWS>
FIN_INLINE void sum_depths(vf (&sum)[ROWS][2], const bfloat16* a, int64_t step, const bfloat16* stripe, int64_t depth) {
  for (int64_t k = 0; k < depth; k += 2) {
    __m512bh b0, b1;
    __builtin_memcpy(&b0, stripe + k * kPanel, sizeof b0);
    __builtin_memcpy(&b1, stripe + k * kPanel + 2 * W, sizeof b1);
#pragma GCC unroll 12
    for (int m = 0; m < ROWS; m++) {
      int32_t pair;
      __builtin_memcpy(&pair, a + m * step + k, sizeof pair);
      const __m512bh factor = (__m512bh)_mm512_set1_epi32(pair);
      sum[m][0] = (vf)_mm512_dpbf16_ps((__m512)sum[m][0], factor, b0);
      sum[m][1] = (vf)_mm512_dpbf16_ps((__m512)sum[m][1], factor, b1);
    }
  }
}
#endif

/// Depths that are summed at once: that much of a panel and of some rows fits in the L1 cache. Between two parts of the depth the sums
/// of a panel wait in memory.
constexpr int64_t kDepthPart = 256;

/// One part of the depth for some rows of one stripe.
struct StripePart {
  int64_t depth, row, col;
  float* sums;  // [rows, kPanel], from the first row of the stripe on
  bool first, last;
};

template <int ROWS, class A, class B, class Epilogue>
static void multiply_stripe(const A* a, int64_t step, const B* stripe, const StripePart& part, const Epilogue& epilogue) {
  vf sum[ROWS][2];
#pragma GCC unroll 12
  for (int m = 0; m < ROWS; m++) {
    sum[m][0] = part.first ? splat(0.0f) : load(part.sums + m * kPanel);
    sum[m][1] = part.first ? splat(0.0f) : load(part.sums + m * kPanel + W);
  }
  sum_depths<ROWS>(sum, a, step, stripe, part.depth);
#pragma GCC unroll 12
  for (int m = 0; m < ROWS; m++) {
    store(part.sums + m * kPanel, sum[m][0]);
    store(part.sums + m * kPanel + W, sum[m][1]);
  }
  if (!part.last) return;
  // From memory, because an index that varies would keep the sums out of registers.
#pragma GCC unroll 1
  for (int m = 0; m < ROWS; m++) {
    epilogue(part.row + m, part.col, load(part.sums + m * kPanel), load(part.sums + m * kPanel + W));
  }
}

/// Rows [row, end) of `a`, whose first row is `row`, times panels [first, last).
/// @param sums scratch memory, [end - row, kPanel]
template <class A, class B, class Epilogue>
static void multiply_by_vectors(const A* a, int64_t step, int64_t depth, int64_t row, int64_t end, const B* panels,
                                int64_t first, int64_t last, float* sums, const Epilogue& epilogue) {
  // A stripe of bfloat16 begins at twice the column, since the two depths of a pair lie side by side.
  constexpr int64_t kDepths = sizeof(B) == 2 ? 2 : 1;
  for (int64_t panel = first; panel < last; panel++) {
    for (int64_t k = 0; k < depth; k += kDepthPart) {
      StripePart part;
      part.depth = depth - k < kDepthPart ? depth - k : kDepthPart;
      part.first = k == 0;
      part.last = k + part.depth == depth;
      for (int64_t col = 0; col < kPanel; col += kStripe) {
        const B* stripe = panels + (panel * depth + k) * kPanel + col * kDepths;
        const A* rows = a + k;
        part.col = panel * kPanel + col;
        part.sums = sums + col;
        part.row = row;
        const auto advance = [&](int64_t count) {
          rows += count * step;
          part.row += count;
          part.sums += count * kPanel;
        };
        for (; part.row + kStripeRows <= end; advance(kStripeRows)) {
          multiply_stripe<kStripeRows>(rows, step, stripe, part, epilogue);
        }
        for (; part.row + 3 <= end; advance(3)) multiply_stripe<3>(rows, step, stripe, part, epilogue);
        for (; part.row < end; advance(1)) multiply_stripe<1>(rows, step, stripe, part, epilogue);
      }
    }
  }
}

FIN_INLINE int64_t panel_scratch(const Rows<float>& a) { return round_up(a.count, kPanel) * kPanel; }

template <class Epilogue>
static void multiply_panels(const Rows<float>& a, const void* panels, int64_t first, int64_t last, float* scratch,
                            const Epilogue& epilogue) {
  multiply_by_vectors(a.data, a.step, a.depth, 0, a.count, (const float*)panels, first, last, scratch, epilogue);
}

#if FIN_UNIT == FIN_TILES

#include "tiles.h"

FIN_INLINE int64_t panel_scratch(const Rows<bfloat16>& a) { return (a.count > kPanel ? round_up(a.count, kPanel) : 2 * kPanel) * kPanel; }

/// Depths that are multiplied at once: that much of a panel stays in the L1 cache, while the activations pass by from the L2 cache. Between
/// two parts of the depth the sums of a panel wait in memory.
constexpr int64_t kTileDepthPart = 512;

/// A block of 32 rows x 32 columns of sums that waits for its epilogue.
struct WaitingBlock {
  const float* sums;
  int64_t row, rows, col;
  int64_t done;  // rows

  template <class Epilogue>
  FIN_MEMBER void finish(int64_t count, const Epilogue& epilogue) {
    for (const int64_t end = rows - done < count ? rows : done + count; done < end; done++) {
      for (int64_t i = 0; i < kPanel; i += kStripe) {
        epilogue(row + done, col + i, load(sums + done * kPanel + i), load(sums + done * kPanel + i + W));
      }
    }
  }
};

/// By tiles: blocks of 2 x 2 tiles of C. The epilogue of a block runs between the tile instructions of the next, so that the vector
/// units and the tile unit work at the same time.
template <class Epilogue>
static void multiply_panels(const Rows<bfloat16>& a, const void* weights, int64_t first, int64_t last, float* scratch,
                            const Epilogue& epilogue) {
  constexpr int64_t kRowBytes = kPanel * 4;
  constexpr int64_t kPairBytes = kPanel * 4;
  const int64_t all_steps = a.depth / kTileDepth;
  const int64_t parts = (a.depth + kTileDepthPart - 1) / kTileDepthPart;
  const int64_t row_bytes = a.step * 2;
  // Cache lines of the next panel to prefetch in each step: all of them while this panel is multiplied.
  const int64_t blocks = (a.count + kPanel - 1) / kPanel;
  const int64_t lines_per_step = (kTileDepth + blocks - 1) / blocks;
  WaitingBlock waiting{scratch, 0, 0, 0, 0};
  float* sums = scratch;
  Tiles tiles;
  tiles.begin();
  for (int64_t panel = first; panel < last; panel++) {
    const bfloat16* weight = (const bfloat16*)weights + panel * kPanel * a.depth;
    const char* next = (const char*)(weight + kPanel * a.depth);
    for (int64_t part = 0; part < parts; part++) {
      const int64_t step = all_steps * part / parts, steps = all_steps * (part + 1) / parts - step;
      const int64_t rows_per_step = (kPanel + steps - 1) / steps;
      for (int64_t row = 0; row < a.count; row += kPanel) {
        const bfloat16* b = weight + step * kTileDepth * kPanel;
        const bfloat16* upper = a.data + row * a.step + step * kTileDepth;
        const bfloat16* lower = upper + kTile * a.step;
        const int64_t rows = a.count - row < kPanel ? a.count - row : kPanel;
        // Sums that wait for the next part have a place each; others alternate between two, which stay in the L1 cache.
        sums = parts > 1 ? scratch + row * kPanel : sums == scratch ? scratch + kPanel * kPanel : scratch;
        float* lower_sums = sums + kTile * kPanel;
        if (part == 0) {
          tiles.template zero<0>();
          tiles.template zero<1>();
          tiles.template zero<2>();
          tiles.template zero<3>();
        } else {
          tiles.template load<0>(sums, kRowBytes);
          tiles.template load<1>(sums + kTile, kRowBytes);
          tiles.template load<2>(lower_sums, kRowBytes);
          tiles.template load<3>(lower_sums + kTile, kRowBytes);
        }
        if (rows > kTile) {
          for (int64_t k = 0; k < steps; k++, b += kTileDepth * kPanel, upper += kTileDepth, lower += kTileDepth) {
            tiles.template load<6>(b, kPairBytes);
            tiles.template load_passing<4>(upper, row_bytes);
            tiles.template load<7>(b + 2 * kTile, kPairBytes);
            tiles.template load_passing<5>(lower, row_bytes);
            tiles.template multiply<0, 4, 6>();
            tiles.template multiply<1, 4, 7>();
            tiles.template multiply<2, 5, 6>();
            tiles.template multiply<3, 5, 7>();
            if (panel + 1 < last) {
              for (int64_t line = 0; line < lines_per_step; line++, next += 64) __builtin_prefetch(next, 0, 2);
            }
            waiting.finish(rows_per_step, epilogue);
          }
        } else {
          for (int64_t k = 0; k < steps; k++, b += kTileDepth * kPanel, upper += kTileDepth) {
            tiles.template load<6>(b, kPairBytes);
            tiles.template load_passing<4>(upper, row_bytes);
            tiles.template load<7>(b + 2 * kTile, kPairBytes);
            tiles.template multiply<0, 4, 6>();
            tiles.template multiply<1, 4, 7>();
            waiting.finish(rows_per_step, epilogue);
          }
        }
        waiting.finish(kPanel, epilogue);
        tiles.template save<0>(sums, kRowBytes);
        tiles.template save<1>(sums + kTile, kRowBytes);
        tiles.template save<2>(lower_sums, kRowBytes);
        tiles.template save<3>(lower_sums + kTile, kRowBytes);
        if (part + 1 == parts) waiting = {sums, row, rows, panel * kPanel, 0};
      }
    }
  }
  waiting.finish(kPanel, epilogue);
  tiles.end();
}

#elif FIN_UNIT == FIN_DOTS

FIN_INLINE int64_t panel_scratch(const Rows<bfloat16>& a) { return round_up(a.count, kPanel) * kPanel; }

template <class Epilogue>
static void multiply_panels(const Rows<bfloat16>& a, const void* panels, int64_t first, int64_t last, float* scratch,
                            const Epilogue& epilogue) {
  multiply_by_vectors(a.data, a.step, a.depth, 0, a.count, (const bfloat16*)panels, first, last, scratch, epilogue);
}

#else

/// Rows that are widened to float32 together.
constexpr int64_t kWidenedRows = 96;

FIN_INLINE int64_t panel_scratch(const Rows<bfloat16>& a) { return kWidenedRows * (a.depth + kPanel); }

template <class Epilogue>
static void multiply_panels(const Rows<bfloat16>& a, const void* panels, int64_t first, int64_t last, float* scratch,
                            const Epilogue& epilogue) {
  float* sums = scratch + kWidenedRows * a.depth;
  for (int64_t row = 0; row < a.count; row += kWidenedRows) {
    const int64_t end = a.count - row < kWidenedRows ? a.count : row + kWidenedRows;
    for (int64_t m = row; m < end; m++) {
      for (int64_t k = 0; k < a.depth; k += W) store(scratch + (m - row) * a.depth + k, load(a.data + m * a.step + k));
    }
    multiply_by_vectors(scratch, a.depth, a.depth, row, end, (const bfloat16*)panels, first, last, sums, epilogue);
  }
}

#endif
