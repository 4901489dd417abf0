// Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011), several blocks at once. Included by
// isa-*.cc after simd.h; no include guard.
//
// Word i of a draw is word i % 4 of the block with the counter i / 4, as in TensorFlow's StatelessRandomUniform. So the masks are
// those of `dropout` of @fin/runtime.

constexpr int64_t kBlocks = W / 2;
constexpr int64_t kBlockWords = 4 * kBlocks;

/// Size in words of a buffer for `count` words of which whole vectors are read from any position.
FIN_INLINE int64_t dropout_words_size(int64_t count) { return round_up(count + 3 + W, kBlockWords); }

/// The keys of a draw's rounds in all lanes.
struct RoundKeys {
  vq keys[10][2];
};

FIN_INLINE RoundKeys round_keys(const Dropout& dropout) {
  RoundKeys of;
  uint32_t k0 = dropout.key[0];
  uint32_t k1 = dropout.key[1];
  for (auto& round : of.keys) {
    round[0] = splat_bits(k0);
    round[1] = splat_bits(k1);
    k0 += 0x9e3779b9u;
    k1 += 0xbb67ae85u;
  }
  return of;
}

/// Draws the blocks of these counters, kBlockWords words.
///
/// Each 64-bit lane holds one word of a block in its lower half. The upper half may hold anything: products use the lower halves
/// only, and exclusive or does not carry.
FIN_INLINE void draw_blocks(const Dropout& dropout, const RoundKeys& keys, vq counter, uint32_t* out) {
  const vq lower_half = splat_bits(0xffffffffu);
  const vq factor0 = splat_bits(0xd2511f53u);
  const vq factor1 = splat_bits(0xcd9e8d57u);
  vq x0 = counter;
  vq x1 = counter >> 32;
  vq x2 = splat_bits(dropout.counter[0]);
  vq x3 = splat_bits(dropout.counter[1]);
  for (const auto& round : keys.keys) {
    vq product0 = multiply_lower(x0, factor0);
    vq product1 = multiply_lower(x2, factor1);
    x0 = (product1 >> 32) ^ x1 ^ round[0];
    x1 = product1;
    x2 = (product0 >> 32) ^ x3 ^ round[1];
    x3 = product0;
  }
  vq lower, upper;
  alternate((x0 & lower_half) | (x1 << 32), (x2 & lower_half) | (x3 << 32), lower, upper);
  __builtin_memcpy(out, &lower, sizeof lower);
  __builtin_memcpy(out + W, &upper, sizeof upper);
}

/// Counters of a block and those after it.
FIN_INLINE vq counters_from(int64_t block) {
  vq counter;
  for (int64_t i = 0; i < kBlocks; i++) counter[i] = (uint64_t)i;
  return counter + (uint64_t)block;
}

/// Writes words `first` to `first + count` of the draw, and some before and after them.
/// @return the address of word `first` in `out`
static const uint32_t* dropout_words(const Dropout& dropout, int64_t first, int64_t count, uint32_t* out) {
  const RoundKeys keys = round_keys(dropout);
  const int64_t skipped = first % 4;
  vq counter = counters_from(first / 4);
  for (int64_t at = 0; at < skipped + count; at += kBlockWords, counter += (uint64_t)kBlocks) {
    draw_blocks(dropout, keys, counter, out + at);
  }
  return out + skipped;
}

/// Number of a row, or of a sequence, in the draw.
FIN_INLINE int64_t drawn_row(const Dropout& dropout, int64_t row) { return dropout.rows == nullptr ? row : dropout.rows[row]; }

/// v times the scale where the mask keeps an element, else 0.
FIN_INLINE vf drop(const Dropout& dropout, vf v, const uint32_t* words) {
  vu bits;
  __builtin_memcpy(&bits, words, sizeof bits);
  vi kept = (vi)(bits & 0x7fffff) >= (int32_t)dropout.threshold;
  return kept ? v * splat(dropout.scale) : splat(0.0f);
}

/// Keep bits of the W elements of these words, the first in the lowest bit.
FIN_INLINE uint32_t kept_lanes(const Dropout& dropout, const uint32_t* words) {
  vu bits;
  __builtin_memcpy(&bits, words, sizeof bits);
  const vi kept = (vi)(bits & 0x7fffff) >= (int32_t)dropout.threshold;
#if defined(__x86_64__) && FIN_BYTES == 64
  return (uint32_t)_mm512_movepi32_mask((__m512i)kept);
#elif defined(__x86_64__) && FIN_BYTES == 32
  return (uint32_t)_mm256_movemask_ps((__m256)kept);
#elif defined(__x86_64__)
  return (uint32_t)_mm_movemask_ps((__m128)kept);
#else
  uint32_t lanes = 0;
  for (int64_t i = 0; i < W; i++) lanes |= kept[i] != 0 ? 1u << i : 0u;
  return lanes;
#endif
}

/// Writes the keep bits of `count` elements from `first` on, 16 in a word, and some more to fill the last word.
/// @param words scratch memory for dropout_words_size(count rounded up to 16)
static void draw_kept(const Dropout& dropout, int64_t first, int64_t count, uint16_t* kept, uint32_t* words) {
  const int64_t whole = round_up(count, 16);
  const uint32_t* drawn = dropout_words(dropout, first, whole, words);
  for (int64_t i = 0; i < whole; i += 16) {
    uint32_t bits = 0;
    for (int64_t lane = 0; lane < 16; lane += W) bits |= kept_lanes(dropout, drawn + i + lane) << lane;
    kept[i / 16] = (uint16_t)bits;
  }
}

/// v times the scale where the keep bits from column `col`, a multiple of W, keep an element, else 0.
FIN_INLINE vf drop_by_bits(vf v, float scale, const uint16_t* kept, int64_t col) {
  const uint32_t bits = (uint32_t)kept[col / 16] >> (col % 16);
#if defined(__x86_64__) && FIN_BYTES == 64
  return (vf)_mm512_maskz_mul_ps((__mmask16)bits, (__m512)v, (__m512)splat(scale));
#else
  vi lanes = lane_numbers() * 0 + (int32_t)bits;
  vi own = (lane_numbers() * 0 + 1) << lane_numbers();
  return (lanes & own) != 0 ? v * splat(scale) : splat(0.0f);
#endif
}
