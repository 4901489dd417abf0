// y = gelu(x + bias), exact: x Φ(x) (Hendrycks and Gimpel, 2016). Included by isa-*.cc; no include guard.

template <class T>
static void gelu(const GeluArgs& args, int64_t begin, int64_t end) {
  const T* x = (const T*)args.x;
  T* y = (T*)args.y;
  for (int64_t row_end, at = begin; at < end; at = row_end) {
    const int64_t col = at % args.cols;
    row_end = at + args.cols - col < end ? at + args.cols - col : end;
    const float* bias = args.bias == nullptr ? nullptr : args.bias + col;
    for (int64_t i = at; i < row_end; i += W) {
      const int64_t left = row_end - i;
      vf v = load_up_to(x + i, left);
      if (bias != nullptr) v += load_up_to(bias + (i - at), left);
      store_up_to(y + i, v * normal_cdf(v), left);
    }
  }
}

template <class T>
static void gelu_grad(const GeluArgs& args, int64_t begin, int64_t end, float* dbias) {
  for (int64_t row = begin; row < end; row++) {
    const T* x = (const T*)args.x + row * args.cols;
    const T* dy = (const T*)args.dy + row * args.cols;
    T* dx = (T*)args.y + row * args.cols;
    for (int64_t i = 0; i < args.cols; i += W) {
      const int64_t left = args.cols - i;
      vf v = load_up_to(x + i, left);
      if (args.bias != nullptr) v += load_up_to(args.bias + i, left);
      vf gradient = load_up_to(dy + i, left) * gelu_slope(v);
      store_up_to(dx + i, gradient, left);
      if (dbias != nullptr) store_up_to(dbias + i, load_up_to(dbias + i, left) + gradient, left);
    }
  }
}

static void sum_rows(const float* rows, int64_t count, int64_t cols, float* out) {
  for (int64_t i = 0; i < cols; i += W) {
    const int64_t left = cols - i;
    vf sum = splat(0.0f);
    for (int64_t row = 0; row < count; row++) sum += load_up_to(rows + row * cols + i, left);
    store_up_to(out + i, sum, left);
  }
}
