// A linear layer in int8 alone (see body-int8-rows.h). Included by isa-*.cc; no include guard.

static int64_t int8_linear_scratch(const LowBitMatrix& weight, int64_t rows) {
  return coded_rows_floats(rows, weight.cols) + kInt8SumFloats;
}

template <class T>
static void int8_linear(const Int8LinearArgs& args, int64_t begin, int64_t end, int64_t first, int64_t last, float* scratch) {
  const int64_t in = args.weight->cols, out = args.weight->rows;
  const CodedRows coded = coded_rows_at(scratch, end - begin, in);
  quantize_rows((const T*)args.x + begin * in, in, end - begin, in, coded);
  const auto finish = [&](int64_t row, int64_t col, vf left, vf right) {
    T* y = (T*)args.y + (begin + row) * out + col;
    const auto put = [&](T* to, int64_t from, vf v) {
      if (from >= out) return;
      if (args.bias != nullptr) v += load_up_to(args.bias + from, out - from);
      store_up_to(to, v, out - from);
    };
    put(y, col, left);
    put(y + W, col + W, right);
  };
  auto* const sums = (int32_t*)(scratch + coded_rows_floats(end - begin, in));
  multiply_coded(coded, end - begin, *args.weight, first, last, sums, finish);
}
