// Sums of rows of embedding tables. Included by isa-*.cc; no include guard.

/// Rows from the one in work to the one that is fetched from memory meanwhile: tables are large, and their rows are read in any order.
constexpr int64_t kTableRowsAhead = 4;

template <class T>
static void sum_table_rows(const TableRowsArgs& args, int64_t begin, int64_t end) {
  const int64_t cols = args.cols;
  for (int64_t row = begin; row < end; row++) {
    T* sum = (T*)args.sum + row * cols;
    for (int64_t k = 0; row + kTableRowsAhead < end && k < args.count; k++) {
      const T* later = (const T*)args.tables[k] + args.ids[k][row + kTableRowsAhead] * cols;
      for (int64_t i = 0; i < cols; i += 64 / (int64_t)sizeof(T)) __builtin_prefetch(later + i);
    }
    for (int64_t i = 0; i < cols; i += W) {
      const int64_t left = cols - i;
      vf total = splat(0.0f);
      for (int64_t k = 0; k < args.count; k++) {
        const vf element = load_up_to((const T*)args.tables[k] + args.ids[k][row] * cols + i, left);
        total = k == 0 ? element : total + element;
      }
      store_up_to(sum + i, total, left);
    }
  }
}
