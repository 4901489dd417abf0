// z = dropout(x + bias) + residual; y = (z - mean) rstd gamma + beta (Ba, Kiros and Hinton, 2016). Included by isa-*.cc; no
// include guard.

static int64_t layer_norm_scratch(int64_t cols) {
  return 2 * round_up(cols, W) + dropout_words_size(cols);
}

/// Computes one row of z, padded with zeros to a whole vector.
template <class T>
FIN_INLINE void sum_row(const LayerNormArgs& args, int64_t row, float* z, uint32_t* words) {
  const int64_t cols = args.cols;
  const T* x = (const T*)args.x + row * cols;
  const T* residual = args.residual == nullptr ? nullptr : (const T*)args.residual + row * cols;
  const uint32_t* kept = nullptr;
  if (args.dropout.on) kept = dropout_words(args.dropout, drawn_row(args.dropout, row) * cols, cols, words);
  for (int64_t i = 0; i < cols; i += W) {
    const int64_t left = cols - i;
    vf v = load_up_to(x + i, left);
    if (args.bias != nullptr) v += load_up_to(args.bias + i, left);
    if (kept != nullptr) v = drop(args.dropout, v, kept + i);
    if (residual != nullptr) v += load_up_to(residual + i, left);
    store(z + i, v);
  }
  // The padding must not count.
  for (int64_t i = cols; i < round_up(cols, W); i++) z[i] = 0.0f;
}

template <class T>
static void layer_norm(const LayerNormArgs& args, int64_t begin, int64_t end, float* scratch) {
  const int64_t cols = args.cols;
  const int64_t padded = round_up(cols, W);
  float* z = scratch;
  uint32_t* words = (uint32_t*)(scratch + 2 * padded);
  for (int64_t row = begin; row < end; row++) {
    sum_row<T>(args, row, z, words);
    vf sum = splat(0.0f);
    for (int64_t i = 0; i < padded; i += W) sum += load(z + i);
    const float mean = reduce_add(sum) / (float)cols;
    vf squares = splat(0.0f);
    for (int64_t i = 0; i < cols; i += W) {
      vf centred = load(z + i) - splat(mean);
      store(z + i, centred);
      if (cols - i >= W) squares = fma(centred, centred, squares);
    }
    float square = reduce_add(squares);
    for (int64_t i = cols / W * W; i < cols; i++) square += z[i] * z[i];
    const float rstd = 1.0f / __builtin_sqrtf(square / (float)cols + args.epsilon);
    T* y = (T*)args.y + row * cols;
    for (int64_t i = 0; i < cols; i += W) {
      const int64_t left = cols - i;
      vf normalized = load(z + i) * splat(rstd);
      store_up_to(y + i, fma(normalized, load_up_to(args.gamma + i, left), load_up_to(args.beta + i, left)), left);
    }
    args.mean[row] = mean;
    args.rstd[row] = rstd;
  }
}

/// With n the normalised row and g = dy gamma: dz = (g - mean(g) - n mean(g n)) rstd.
template <class T>
static void layer_norm_grad(const LayerNormArgs& args, int64_t begin, int64_t end, const LayerNormSums& sums,
                            float* scratch) {
  const int64_t cols = args.cols;
  const int64_t padded = round_up(cols, W);
  float* normalized = scratch;
  float* g = scratch + padded;
  uint32_t* words = (uint32_t*)(scratch + 2 * padded);
  for (int64_t row = begin; row < end; row++) {
    sum_row<T>(args, row, normalized, words);
    const T* dy = (const T*)args.dy + row * cols;
    const vf mean = splat(args.mean[row]);
    const vf rstd = splat(args.rstd[row]);
    vf sum_g = splat(0.0f);
    vf sum_gn = splat(0.0f);
    for (int64_t i = 0; i < cols; i += W) {
      const int64_t left = cols - i;
      // dy is 0 in the padding, so that it does not count.
      vf upstream = load_up_to(dy + i, left);
      vf n = (load(normalized + i) - mean) * rstd;
      vf scaled = upstream * load_up_to(args.gamma + i, left);
      store(normalized + i, n);
      store(g + i, scaled);
      sum_g += scaled;
      sum_gn = fma(scaled, n, sum_gn);
      if (sums.dgamma != nullptr) {
        store_up_to(sums.dgamma + i, fma(upstream, n, load_up_to(sums.dgamma + i, left)), left);
        store_up_to(sums.dbeta + i, load_up_to(sums.dbeta + i, left) + upstream, left);
      }
    }
    const vf mean_g = splat(reduce_add(sum_g) / (float)cols);
    const vf mean_gn = splat(-reduce_add(sum_gn) / (float)cols);
    const uint32_t* kept = words + drawn_row(args.dropout, row) * cols % 4;
    T* dz = (T*)args.dz + row * cols;
    T* dx = args.dx == nullptr ? nullptr : (T*)args.dx + row * cols;
    for (int64_t i = 0; i < cols; i += W) {
      const int64_t left = cols - i;
      vf gradient = fma(load(normalized + i), mean_gn, load(g + i) - mean_g) * rstd;
      store_up_to(dz + i, gradient, left);
      if (dx != nullptr) {
        gradient = drop(args.dropout, gradient, kept + i);
        store_up_to(dx + i, gradient, left);
      }
      if (sums.dbias != nullptr) store_up_to(sums.dbias + i, load_up_to(sums.dbias + i, left) + gradient, left);
    }
  }
}
