// Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011), several blocks at once. Included by
// isa-*.cc after simd.h; no include guard.
//
// Word i of a draw is word i % 4 of the block with the counter i / 4, as in TensorFlow's StatelessRandomUniform. So the masks are
// those of `dropout` of @fin/runtime.

constexpr int64_t kBlocks = W / 2;
constexpr int64_t kBlockWords = 4 * kBlocks;

/// Size in words of a buffer for `count` words of which whole vectors are read from any position.
FIN_INLINE int64_t dropout_words_size(int64_t count) { return round_up(count + 3 + W, kBlockWords); }

/// Writes words `first` to `first + count` of the draw, and some before and after them.
///
/// Each 64-bit lane holds one word of a block in its lower half. The upper half may hold anything: products use the lower halves
/// only, and exclusive or does not carry.
/// @return the address of word `first` in `out`
static const uint32_t* dropout_words(const Dropout& dropout, int64_t first, int64_t count, uint32_t* out) {
  const vq lower_half = splat_bits(0xffffffffu);
  const vq factor0 = splat_bits(0xd2511f53u);
  const vq factor1 = splat_bits(0xcd9e8d57u);
  const int64_t skipped = first % 4;
  vq counter;
  for (int64_t i = 0; i < kBlocks; i++) counter[i] = (uint64_t)first / 4 + (uint64_t)i;
  for (int64_t at = 0; at < skipped + count; at += kBlockWords, counter += (uint64_t)kBlocks) {
    vq x0 = counter;
    vq x1 = counter >> 32;
    vq x2 = splat_bits(dropout.counter[0]);
    vq x3 = splat_bits(dropout.counter[1]);
    uint32_t k0 = dropout.key[0];
    uint32_t k1 = dropout.key[1];
    for (int round = 0; round < 10; round++) {
      vq product0 = multiply_lower(x0, factor0);
      vq product1 = multiply_lower(x2, factor1);
      x0 = (product1 >> 32) ^ x1 ^ splat_bits(k0);
      x1 = product1;
      x2 = (product0 >> 32) ^ x3 ^ splat_bits(k1);
      x3 = product0;
      k0 += 0x9e3779b9u;
      k1 += 0xbb67ae85u;
    }
    vq lower, upper;
    alternate((x0 & lower_half) | (x1 << 32), (x2 & lower_half) | (x3 << 32), lower, upper);
    __builtin_memcpy(out + at, &lower, sizeof lower);
    __builtin_memcpy(out + at + W, &upper, sizeof upper);
  }
  return out + skipped;
}

/// v times the scale where the mask keeps an element, else 0.
FIN_INLINE vf drop(const Dropout& dropout, vf v, const uint32_t* words) {
  vu bits;
  __builtin_memcpy(&bits, words, sizeof bits);
  vi kept = (vi)(bits & 0x7fffff) >= (int32_t)dropout.threshold;
  return kept ? v * splat(dropout.scale) : splat(0.0f);
}
