// C = A B for matrices of any size. Included by isa-*.cc; no include guard.
//
// Both factors are packed first. A panel holds the rows of A or columns of B of one tile of C, depth after depth. Packing widens to
// float32 and transposes, so that the loop over tiles handles one dtype and one order.

#if FIN_BYTES == 64
constexpr int kTileRows = 8;
constexpr int kTileVectors = 3;
#elif FIN_BYTES == 32
constexpr int kTileRows = 6;
constexpr int kTileVectors = 2;
#else
constexpr int kTileRows = 4;
constexpr int kTileVectors = 3;
#endif
constexpr int64_t kTileCols = kTileVectors * W;

/// Size of a block of tiles, which one task computes in its own buffer.
constexpr int64_t kBlockRows = 96 / kTileRows * kTileRows;
constexpr int64_t kBlockCols = 96;
static_assert(kBlockCols % kTileCols == 0, "a block consists of whole tiles");
static_assert(kTileRows <= W, "pack_panel may overrun by one vector only");

/// Largest depth of one part: two panels of it fit in the L1 cache.
constexpr int64_t kDepthAtOnce = 200;

/// Number of parts that the depth is cut into, and the depth of each; the last may be smaller.
FIN_INLINE int64_t depth_parts(int64_t depth) { return (depth + kDepthAtOnce - 1) / kDepthAtOnce; }
FIN_INLINE int64_t part_depth(int64_t depth) { return depth == 0 ? 0 : (depth + depth_parts(depth) - 1) / depth_parts(depth); }

constexpr ProductShape kProductShape = {kTileRows, kTileCols, kBlockRows, kBlockCols};

/// Packs up to LANES lanes and fills the rest with zeros. Lane i, depth k is source[i * lane_step + k * depth_step].
template <class T, int LANES>
static void pack_panel(const T* source, int64_t lane_step, int64_t depth_step, int64_t lanes, int64_t depth, float* panel) {
  const auto put = [&](int64_t k, int64_t first, vf v) {
    // A vector that is wider than the panel overruns into the next depth, which is written afterwards, but never past the panel.
    if (LANES - first >= W || k + 1 < depth) {
      store(panel + k * LANES + first, v);
    } else {
      store_part(panel + k * LANES + first, v, LANES - first);
    }
  };
  if (depth_step != 1) {
    for (int64_t k = 0; k < depth; k++) {
      for (int64_t first = 0; first < LANES; first += W) {
        const int64_t left = lanes - first;
        put(k, first, left > 0 ? load_up_to(source + k * depth_step + first, left) : splat(0.0f));
      }
    }
    return;
  }
  for (int64_t k = 0; k < depth; k += W) {
    const int64_t count = depth - k < W ? depth - k : W;
    for (int64_t first = 0; first < LANES; first += W) {
      vf rows[W];
      for (int64_t i = 0; i < W; i++) {
        const bool present = first + i < lanes && first + i < LANES;
        rows[i] = present ? load_up_to(source + (first + i) * lane_step + k, count) : splat(0.0f);
      }
      transpose(rows);
      for (int64_t i = 0; i < count; i++) put(k + i, first, rows[i]);
    }
  }
}

/// Packs one panel, one part of the depth after the other. For each part, the panels of all tiles lie side by side.
template <class T, int LANES>
static void pack_parts(const T* source, int64_t lane_step, int64_t depth_step, int64_t lanes, int64_t depth, int64_t all_lanes,
                       int64_t first, float* panels) {
  const int64_t part = part_depth(depth);
  for (int64_t k = 0; k < depth; k += part) {
    const int64_t count = depth - k < part ? depth - k : part;
    pack_panel<T, LANES>(source + k * depth_step, lane_step, depth_step, lanes, count, panels + k * all_lanes + first * count);
  }
}

template <class T>
static void pack_rows(const ProductArgs& args, int64_t panel) {
  const int64_t first = panel * kTileRows;
  const int64_t lane_step = args.a_transposed ? 1 : args.depth;
  const int64_t depth_step = args.a_transposed ? args.a_step : 1;
  pack_parts<T, kTileRows>((const T*)args.a + first * lane_step, lane_step, depth_step, args.rows - first, args.depth,
                           round_up(args.rows, kTileRows), first, args.a_panels);
}

template <class T>
static void pack_cols(const ProductArgs& args, int64_t panel) {
  const int64_t first = panel * kTileCols;
  const int64_t lane_step = args.b_transposed ? args.depth : 1;
  const int64_t depth_step = args.b_transposed ? 1 : args.b_step;
  pack_parts<T, kTileCols>((const T*)args.b + first * lane_step, lane_step, depth_step, args.cols - first, args.depth,
                           round_up(args.cols, kTileCols), first, args.b_panels);
}

/// Computes one tile of C, or adds to it, in registers.
static void product_tile(const float* a, const float* b, float* c, int64_t depth, bool accumulate) {
  vf sum[kTileRows][kTileVectors];
#pragma GCC unroll 8
  for (int m = 0; m < kTileRows; m++) {
#pragma GCC unroll 4
    for (int n = 0; n < kTileVectors; n++) sum[m][n] = accumulate ? load(c + m * kBlockCols + n * W) : splat(0.0f);
  }
  for (int64_t k = 0; k < depth; k++) {
    __builtin_prefetch(a + (k + 40) * kTileRows);
    vf columns[kTileVectors];
#pragma GCC unroll 4
    for (int n = 0; n < kTileVectors; n++) columns[n] = load(b + k * kTileCols + n * W);
#pragma GCC unroll 8
    for (int m = 0; m < kTileRows; m++) {
      const vf factor = splat(a[k * kTileRows + m]);
#pragma GCC unroll 4
      for (int n = 0; n < kTileVectors; n++) sum[m][n] = fma(factor, columns[n], sum[m][n]);
    }
  }
#pragma GCC unroll 8
  for (int m = 0; m < kTileRows; m++) {
#pragma GCC unroll 4
    for (int n = 0; n < kTileVectors; n++) store(c + m * kBlockCols + n * W, sum[m][n]);
  }
}

/// Computes one block of C from the packed factors and rounds it once, at the end.
template <class T>
static void product_block(const ProductArgs& args, int64_t row, int64_t col) {
  alignas(64) float block[kBlockRows * kBlockCols];
  const int64_t rows = args.rows - row < kBlockRows ? args.rows - row : kBlockRows;
  const int64_t cols = args.cols - col < kBlockCols ? args.cols - col : kBlockCols;
  if (args.depth == 0) __builtin_memset(block, 0, sizeof block);
  const int64_t all_rows = round_up(args.rows, kTileRows);
  const int64_t all_cols = round_up(args.cols, kTileCols);
  const int64_t part = part_depth(args.depth);
  for (int64_t k = 0; k < args.depth; k += part) {
    const int64_t depth = args.depth - k < part ? args.depth - k : part;
    const float* a = args.a_panels + k * all_rows + row * depth;
    const float* b = args.b_panels + k * all_cols + col * depth;
    for (int64_t n = 0; n < cols; n += kTileCols) {
      for (int64_t m = 0; m < rows; m += kTileRows) {
        product_tile(a + m * depth, b + n * depth, block + m * kBlockCols + n, depth, k > 0);
      }
    }
  }
  if (args.c_transposed) {
    for (int64_t n = 0; n < cols; n++) {
      T* to = (T*)args.c + (col + n) * args.c_step + row;
      for (int64_t m = 0; m < rows; m++) store_part(to + m, splat(block[m * kBlockCols + n]), 1);
    }
    return;
  }
  for (int64_t m = 0; m < rows; m++) {
    T* to = (T*)args.c + (row + m) * args.c_step + col;
    for (int64_t n = 0; n < cols; n += W) store_up_to(to + n, load(block + m * kBlockCols + n), cols - n);
  }
}
