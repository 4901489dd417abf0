// AdamW's update with moments in 8 bits: block-wise dynamic quantization (Dettmers et al., 2022, arXiv 2110.02861). Included by
// isa-*.cc; no include guard.

/// `count` numbers of a block, and zeros up to a whole vector.
FIN_INLINE void dequantize_block(const uint8_t* codes, int64_t count, float largest, const CodeMap& map, float* to) {
  for (int64_t i = 0; i < count; i += W) {
    const vi code = load_bytes_up_to(codes + i, count - i);
    store(to + i, gather(map.codes, code) * splat(largest));
  }
  for (int64_t i = count; i < round_up(count, W); i++) to[i] = 0.0f;
}

/// The nearest code of each number over the largest magnitude; between two codes the lower.
FIN_INLINE void quantize_block(const float* from, int64_t count, float largest, const CodeMap& map, uint8_t* codes) {
  const vf inverse = splat(1.0f / (largest > kLeastScale ? largest : kLeastScale));
  for (int64_t i = 0; i < count; i += W) {
    const vf scaled = load(from + i) * inverse;
    const vu bits = (vu)scaled;
    vi bucket = (vi)(bits >> 16 & 0x7fffu) - kFirstBucketBits;
    bucket = bucket > 0 ? bucket : vi{};
    bucket = bucket < kBuckets - 1 ? bucket : vi{} + (int32_t)(kBuckets - 1);
    bucket += (vi)(bits >> 31) * kBuckets;
    const vi lower = gather(map.lowest, bucket);
    const vi above = scaled > gather(map.midpoints, lower);  // -1 where true
    store_bytes_up_to(codes + i, lower - above, count - i);
  }
}

/// Whole blocks, and the rest of a tensor. No product and sum is contracted, so that every instruction set gives the same bits.
static void adam_8bit(const Adam8bitArgs& args, int64_t count) {
  alignas(64) float means[kCodeBlock], squares[kCodeBlock];
  const int64_t blocks = (count + kCodeBlock - 1) / kCodeBlock;
  for (int64_t block = 0; block < blocks; block++) {
    const int64_t at = block * kCodeBlock;
    const int64_t n = count - at < kCodeBlock ? count - at : kCodeBlock;
    dequantize_block(args.mean_codes + at, n, args.mean_scales[block], *args.mean_map, means);
    dequantize_block(args.square_codes + at, n, args.square_scales[block], *args.square_map, squares);
    vf largest_mean = splat(0.0f), largest_square = splat(0.0f);
    for (int64_t i = 0; i < n; i += W) {
      const vf gradient = load_up_to(args.gradient + at + i, n - i) * splat(args.gradient_factor);
      const vf mean = load(means + i) * splat(args.beta1) + gradient * splat(args.share1);
      const vf square = load(squares + i) * splat(args.beta2) + (gradient * splat(args.share2)) * gradient;
      const vf change = (mean * splat(args.rate)) / (square_root(square) + splat(args.epsilon));
      store_up_to(args.updated + at + i, load_up_to(args.weights + at + i, n - i) * splat(args.decay) - change, n - i);
      store(means + i, mean);
      store(squares + i, square);
      largest_mean = max((vf)((vu)mean & 0x7fffffffu), largest_mean);
      largest_square = max(square, largest_square);
    }
    args.mean_scales[block] = reduce_max(largest_mean);
    args.square_scales[block] = reduce_max(largest_square);
    quantize_block(means, n, args.mean_scales[block], *args.mean_map, args.mean_codes + at);
    quantize_block(squares, n, args.square_scales[block], *args.square_map, args.square_codes + at);
  }
}
