// Dense products of small matrices that fit in cache. Included by isa-*.cc after simd.h; no include guard.

/// C = A B or C += A B for one tile of ROWS x (VECTORS * W), held in registers.
/// A's element (m, k) is a[m * a_row + k * a_col], so that a transposed A needs no copy.
template <int ROWS, int VECTORS>
static void matmul_tile(const float* a, int64_t a_row, int64_t a_col, const float* b, int64_t b_row, float* c, int64_t c_row,
                        int64_t depth, bool accumulate) {
  vf sum[ROWS][VECTORS];
  for (int m = 0; m < ROWS; m++) {
    for (int n = 0; n < VECTORS; n++) sum[m][n] = accumulate ? load(c + m * c_row + n * W) : splat(0.0f);
  }
  for (int64_t k = 0; k < depth; k++) {
    vf columns[VECTORS];
    for (int n = 0; n < VECTORS; n++) columns[n] = load(b + k * b_row + n * W);
    for (int m = 0; m < ROWS; m++) {
      const vf factor = splat(a[m * a_row + k * a_col]);
      for (int n = 0; n < VECTORS; n++) sum[m][n] = fma(factor, columns[n], sum[m][n]);
    }
  }
  for (int m = 0; m < ROWS; m++) {
    for (int n = 0; n < VECTORS; n++) store(c + m * c_row + n * W, sum[m][n]);
  }
}

template <int VECTORS>
static void matmul_panel(const float* a, int64_t a_row, int64_t a_col, const float* b, int64_t b_row, float* c, int64_t c_row,
                         int64_t rows, int64_t depth, bool accumulate) {
  int64_t m = 0;
  for (; m + 6 <= rows; m += 6) {
    matmul_tile<6, VECTORS>(a + m * a_row, a_row, a_col, b, b_row, c + m * c_row, c_row, depth, accumulate);
  }
  for (; m + 2 <= rows; m += 2) {
    matmul_tile<2, VECTORS>(a + m * a_row, a_row, a_col, b, b_row, c + m * c_row, c_row, depth, accumulate);
  }
  if (m < rows) matmul_tile<1, VECTORS>(a + m * a_row, a_row, a_col, b, b_row, c + m * c_row, c_row, depth, accumulate);
}

/// The matrix A of a product: element (m, k) is data[m * row + k * col].
struct Factor {
  const float* data;
  int64_t row, col;
};

/// C = A B, or C += A B: A is rows x depth, B depth x cols, C rows x cols; cols a multiple of W.
static void matmul(Factor a, const float* b, int64_t b_row, float* c, int64_t c_row, int64_t rows, int64_t depth, int64_t cols,
                   bool accumulate) {
  int64_t n = 0;
#if FIN_BYTES == 64
  for (; n + 4 * W <= cols; n += 4 * W) {
    matmul_panel<4>(a.data, a.row, a.col, b + n, b_row, c + n, c_row, rows, depth, accumulate);
  }
#endif
  for (; n + 2 * W <= cols; n += 2 * W) {
    matmul_panel<2>(a.data, a.row, a.col, b + n, b_row, c + n, c_row, rows, depth, accumulate);
  }
  if (n < cols) matmul_panel<1>(a.data, a.row, a.col, b + n, b_row, c + n, c_row, rows, depth, accumulate);
}
