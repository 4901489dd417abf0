// AdamW's update of the weights, and the sum of squares for the norm of gradients. Included by isa-*.cc; no include guard.

/// No product and sum is contracted, so that every instruction set gives the same bits, those of TensorFlow's ResourceApplyAdam.
FIN_INLINE void adam_vector(const AdamArgs& args, int64_t i, int64_t left) {
  const vf gradient = load_up_to(args.gradient + i, left) * splat(args.gradient_factor);
  const vf before1 = load_up_to(args.exp_avg + i, left);
  const vf before2 = load_up_to(args.exp_avg_sq + i, left);
  const vf mean = before1 + (gradient - before1) * splat(args.share1);
  const vf square = before2 + (gradient * gradient - before2) * splat(args.share2);
  const vf decayed = load_up_to(args.weights + i, left) * splat(args.decay);
  const vf change = (mean * splat(args.rate)) / (square_root(square) + splat(args.epsilon));
  store_up_to(args.exp_avg + i, mean, left);
  store_up_to(args.exp_avg_sq + i, square, left);
  store_up_to(args.updated + i, decayed - change, left);
}

static void adam(const AdamArgs& args, int64_t count) {
  int64_t i = 0;
  for (; i + W <= count; i += W) adam_vector(args, i, W);
  if (i < count) adam_vector(args, i, count - i);
}

static double sum_of_squares(const float* x, int64_t count) {
  // Short sums in single precision, added up in double precision.
  constexpr int64_t kShort = 64 * W;
  double total = 0.0;
  for (int64_t at = 0; at < count; at += kShort) {
    const int64_t end = count - at < kShort ? count : at + kShort;
    vf sums[4] = {};
    for (int64_t i = at; i < end; i += 4 * W) {
      for (int64_t k = 0; k < 4 && i + k * W < end; k++) {
        const vf v = load_up_to(x + i + k * W, end - i - k * W);
        sums[k] = fma(v, v, sums[k]);
      }
    }
    total += (double)reduce_add((sums[0] + sums[1]) + (sums[2] + sums[3]));
  }
  return total;
}
