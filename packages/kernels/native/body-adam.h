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

/// Lanes of the sum, on every instruction set, so that all give the same bits: squares of floats are exact in double precision.
constexpr int64_t kSquareLanes = 32;

static double sum_of_squares(const float* x, int64_t count) {
  typedef float half __attribute__((vector_size(FIN_BYTES / 2)));
  typedef double wide __attribute__((vector_size(FIN_BYTES)));
  constexpr int64_t kEach = W / 2, kVectors = kSquareLanes / kEach;
  wide sums[kVectors] = {};
  const auto add = [&](const float* from) {
    for (int64_t i = 0; i < kVectors; i++) {
      half part;
      __builtin_memcpy(&part, from + i * kEach, sizeof part);
      const wide value = __builtin_convertvector(part, wide);
      sums[i] += value * value;
    }
  };
  int64_t at = 0;
  for (; at + kSquareLanes <= count; at += kSquareLanes) add(x + at);
  if (at < count) {
    float rest[kSquareLanes] = {};
    __builtin_memcpy(rest, x + at, (size_t)(count - at) * sizeof(float));
    add(rest);
  }
  double lanes[kSquareLanes];
  __builtin_memcpy(lanes, sums, sizeof lanes);
  double total = 0.0;
  for (const double lane : lanes) total += lane;
  return total;
}
