// Attention of one head of one sequence by tiles, for head dimensions of 32 and 64. Included by isa-*.cc; no include guard.
//
// The scores are computed transposed, [keys, queries]. A lane of a vector then holds one query, and softmax needs no sums across lanes.
// Two blocks of 16 queries are worked on together, each step for both, so that one waits less for the other.

/// Whether `attend_by_tiles` and `attention_grad_by_tiles` can do it.
FIN_INLINE bool tiles_fit(int64_t head_dim) { return head_dim == 32 || head_dim == 64; }

constexpr int64_t kTileWords = kTile * kTile;    // words of 32 bits in a tile
constexpr int64_t kTileHalves = 2 * kTileWords;  // bfloat16 numbers in a tile
constexpr int64_t kQueries = 2 * kTile;          // queries that are worked on together

/// Blocks with `count` words of a draw, from any position in the first block.
FIN_INLINE int64_t blocks_of_row(int64_t count) { return (count + 6) / 4; }

/// Size in words of the scratch memory of `draw_kept_rows`.
FIN_INLINE int64_t kept_rows_size(int64_t rows, int64_t count) {
  return 6 * (round_up(rows * blocks_of_row(count), kBlocks) + kBlocks) + 16;
}

/// Writes the keep bits of rows of `count` elements, as `draw_kept` does of one. Blocks of one row follow those of the row before
/// without a gap, so that short rows fill the vectors too.
/// @param first the first element of the first row; each row begins `step` elements after the one before
/// @param kept_step words from the bits of one row to those of the next
/// @param scratch at a whole vector
static void draw_kept_rows(const Dropout& dropout, int64_t first, int64_t step, int64_t rows, int64_t count, uint16_t* kept,
                           int64_t kept_step, uint32_t* scratch) {
  const int64_t each = blocks_of_row(count), all = round_up(rows * each, kBlocks);
  const RoundKeys keys = round_keys(dropout);
  uint64_t* counters = (uint64_t*)scratch;
  uint32_t* words = scratch + 2 * (all + kBlocks);
  for (int64_t row = 0; row < rows; row++) {
    // The last of them may reach into the next row, which then writes its own.
    for (int64_t block = 0; block < each; block += kBlocks) {
      const vq counter = counters_from((first + row * step) / 4 + block);
      __builtin_memcpy(counters + row * each + block, &counter, sizeof counter);
    }
  }
  for (int64_t block = 0; block < all; block += kBlocks) {
    vq counter;
    __builtin_memcpy(&counter, counters + block, sizeof counter);
    draw_blocks(dropout, keys, counter, words + 4 * block);
  }
  for (int64_t row = 0; row < rows; row++) {
    const uint32_t* drawn = words + 4 * row * each + (first + row * step) % 4;
    for (int64_t i = 0; i < count; i += 16) {
      uint32_t bits = 0;
      for (int64_t lane = 0; lane < 16; lane += W) bits |= kept_lanes(dropout, drawn + i + lane) << lane;
      kept[row * kept_step + i / 16] = (uint16_t)(count - i < 16 ? bits & ((1u << (count - i)) - 1) : bits);
    }
  }
}

FIN_INLINE int64_t tile_attention_scratch(int64_t longest, int64_t head_dim) {
  const int64_t length = round_up(longest, kTileDepth);
  const int64_t queries = kQueries * head_dim / 2, values = length * head_dim / 2, context = kQueries * head_dim;
  return queries + values + context + kQueries * length + kQueries * length / 2 + kept_rows_size(kQueries, longest);
}

/// Prefetches the columns of the next head, which is the next task.
FIN_INLINE void prefetch_next_head(const bfloat16* rows, int64_t step, int64_t count, int64_t head_dim) {
  for (int64_t i = 0; i < count; i++) prefetch_next_head(rows + i * step, head_dim);
}

/// Transposes 16 x 16 words.
/// @param step bytes from one row to the next; the result has rows of 64 bytes
FIN_INLINE void transpose_words(const void* from, int64_t step, void* to) {
  for (int64_t row = 0; row < kTile; row += W) {
    for (int64_t col = 0; col < kTile; col += W) {
      vf square[W];
      for (int64_t i = 0; i < W; i++) __builtin_memcpy(&square[i], (const char*)from + (row + i) * step + 4 * col, sizeof(vf));
      transpose(square);
      for (int64_t i = 0; i < W; i++) __builtin_memcpy((char*)to + (col + i) * 64 + 4 * row, &square[i], sizeof(vf));
    }
  }
}

/// Packs up to 16 rows as columns of a second factor: for each 32 dimensions, 16 pairs of dimensions x 16 rows. Missing rows are zeros.
template <int64_t kDims>
static void pack_transposed(const bfloat16* rows, int64_t step, int64_t count, bfloat16* out) {
  alignas(64) bfloat16 filled[kTile * kDims];
  if (count < kTile) {
    for (int64_t i = 0; i < kTile; i++) {
      for (int64_t d = 0; d < kDims; d += 2 * W) {
        vu words = {};
        if (i < count) __builtin_memcpy(&words, rows + i * step + d, sizeof words);
        __builtin_memcpy((void*)(filled + i * kDims + d), &words, sizeof words);
      }
    }
    rows = filled;
    step = kDims;
  }
  for (int64_t d = 0; d < kDims; d += kTileDepth) transpose_words(rows + d, 2 * step, out + d * kTile);
}

/// Packs rows as depths of a second factor: for each 32 rows and 32 dimensions, a tile of 16 pairs of rows x 16 even dimensions, and
/// one of the odd dimensions. Rows after the last are zeros, so that nothing of the next sequence can enter, not even a NaN.
template <int64_t kDims>
static void pack_pairs(const bfloat16* rows, int64_t step, int64_t count, bfloat16* out) {
  for (int64_t first = 0; first < count; first += kTileDepth, out += kTileDepth * kDims) {
    for (int64_t pair = 0; pair < kTile; pair++) {
      const int64_t row = first + 2 * pair;
      for (int64_t d = 0; d < kDims; d += 2 * W) {
        // The words of a row have an even dimension in the lower half and an odd one in the upper.
        vu a = {}, b = {};
        if (row < count) __builtin_memcpy(&a, rows + row * step + d, sizeof a);
        if (row + 1 < count) __builtin_memcpy(&b, rows + (row + 1) * step + d, sizeof b);
        const vu even = (a & 0xffffu) | (b << 16), odd = (a >> 16) | (b & 0xffff0000u);
        bfloat16* to = out + d / kTileDepth * 2 * kTileHalves + pair * kTileDepth + d % kTileDepth;
        __builtin_memcpy(to, &even, sizeof even);
        __builtin_memcpy(to + kTileHalves, &odd, sizeof odd);
      }
    }
  }
}

/// Products of all pairs of rows and queries, [rows in whole tiles, 16 queries] for each block of queries. What is after the last row is
/// multiplied too, and its products are to be ignored.
/// @param queries by `pack_transposed`, each block of 16
/// @param block_step floats from the products of one block of queries to those of the next
template <int64_t kDims>
FIN_INLINE void multiply_by_queries(Tiles& tiles, const bfloat16* rows, int64_t step, int64_t count, const bfloat16* queries,
                                    int64_t blocks, float* products, int64_t block_step) {
  tiles.template load<4>(queries, 64);
  if (kDims == 64) tiles.template load<5>(queries + kTileHalves, 64);
  queries += kTile * kDims;
  if (blocks > 1) {
    tiles.template load<6>(queries, 64);
    if (kDims == 64) tiles.template load<7>(queries + kTileHalves, 64);
  }
  for (int64_t row = 0; row < count; row += kTile, products += kTileWords) {
    tiles.template load<2>(rows + row * step, step * 2);
    if (kDims == 64) tiles.template load<3>(rows + row * step + kTileDepth, step * 2);
    tiles.template zero<0>();
    tiles.template multiply<0, 2, 4>();
    if (kDims == 64) tiles.template multiply<0, 3, 5>();
    tiles.template save<0>(products, 64);
    if (blocks == 1) continue;
    tiles.template zero<1>();
    tiles.template multiply<1, 2, 6>();
    if (kDims == 64) tiles.template multiply<1, 3, 7>();
    tiles.template save<1>(products + block_step, 64);
  }
}

/// Sums of `pairs` of 32 rows, weighted by 16 rows of weights: a tile of 16 even dimensions and one of odd dimensions for each 32.
/// @param weights tiles of 16 rows x 32 weights
/// @param pairs by `pack_pairs`
/// @param add whether to add to the sums that are there
template <int64_t kDims>
FIN_INLINE void multiply_pairs_of_rows(Tiles& tiles, const bfloat16* weights, const bfloat16* pairs, int64_t depth, float* sums,
                                       bool add) {
  if (add) {
    tiles.template load<0>(sums, 64);
    tiles.template load<1>(sums + kTileWords, 64);
    if (kDims == 64) tiles.template load<2>(sums + 2 * kTileWords, 64);
    if (kDims == 64) tiles.template load<3>(sums + 3 * kTileWords, 64);
  } else {
    tiles.template zero<0>();
    tiles.template zero<1>();
    if (kDims == 64) tiles.template zero<2>();
    if (kDims == 64) tiles.template zero<3>();
  }
  for (int64_t i = 0; i < depth; i += kTileDepth, weights += kTileHalves, pairs += kTileDepth * kDims) {
    tiles.template load<4>(weights, 64);
    tiles.template load<6>(pairs, 64);
    tiles.template multiply<0, 4, 6>();
    tiles.template load<7>(pairs + kTileHalves, 64);
    tiles.template multiply<1, 4, 7>();
    if (kDims == 32) continue;
    tiles.template load<6>(pairs + 2 * kTileHalves, 64);
    tiles.template multiply<2, 4, 6>();
    tiles.template load<7>(pairs + 3 * kTileHalves, 64);
    tiles.template multiply<3, 4, 7>();
  }
  tiles.template save<0>(sums, 64);
  tiles.template save<1>(sums + kTileWords, 64);
  if (kDims == 64) tiles.template save<2>(sums + 2 * kTileWords, 64);
  if (kDims == 64) tiles.template save<3>(sums + 3 * kTileWords, 64);
}

/// Writes rows of such sums, times a factor each. Each 16 rows have their tiles together.
template <int64_t kDims, class F>
FIN_INLINE void write_sums(const float* sums, int64_t rows, F factor, bfloat16* out, int64_t step) {
  for (int64_t i = 0; i < rows; i++) {
    const vf scale = splat(factor(i));
    for (int64_t d = 0; d < kDims; d += 2 * W) {
      const float* even = sums + i / kTile * kTile * kDims + d / kTileDepth * 2 * kTileWords + i % kTile * kTile + d % kTileDepth / 2;
      const vu words = bfloat16_pairs(load(even) * scale, load(even + kTileWords) * scale);
      __builtin_memcpy((void*)(out + i * step + d), &words, sizeof words);
    }
  }
}

/// Turns a block of scores, [keys, 16 queries], into tiles of 16 queries x 32 weights. The weights are not divided by their sum, and zero
/// after the last key.
static void exponentials(const float* scores, int64_t length, float scale, bfloat16* weights, float* tops, float* sums) {
  constexpr int64_t kParts = kTile / W;
  vf top[kParts], sum[kParts];
  for (int64_t part = 0; part < kParts; part++) {
    const float* of_part = scores + part * W;
    vf even = splat(kNoScore), odd = even;
    int64_t key = 0;
    for (; key + 1 < length; key += 2) {
      even = max(load(of_part + key * kTile), even);
      odd = max(load(of_part + (key + 1) * kTile), odd);
    }
    if (key < length) even = max(load(of_part + key * kTile), even);
    top[part] = max(even, odd);
    sum[part] = splat(0.0f);
    store(tops + part * W, top[part]);
  }
  const vf factor = splat(scale * 1.44269504f);
  alignas(64) uint32_t pairs[kTile][kTile];  // pairs of keys x queries
  for (int64_t first = 0; first < length; first += kTileDepth, weights += kTileHalves) {
    for (int64_t pair = 0; pair < kTile; pair++) {
      const int64_t key = first + 2 * pair;
      for (int64_t part = 0; part < kParts; part++) {
        const float* of_part = scores + key * kTile + part * W;
        vf a = splat(0.0f), b = a;
        if (key < length) a = exp2_low((load(of_part) - top[part]) * factor);
        if (key + 1 < length) b = exp2_low((load(of_part + kTile) - top[part]) * factor);
        sum[part] += a + b;
        const vu words = bfloat16_pairs(a, b);
        __builtin_memcpy(&pairs[pair][part * W], &words, sizeof words);
      }
    }
    transpose_words(pairs, 64, weights);
  }
  for (int64_t part = 0; part < kParts; part++) store(sums + part * W, sum[part]);
}

/// Keep bits of 32 keys from a multiple of 32 on.
FIN_INLINE uint32_t kept_of_keys(const uint16_t* kept, int64_t key, int64_t length) {
  const uint32_t more = length - key > 16 ? kept[key / 16 + 1] : 0;
  return kept[key / 16] | (more << 16);
}

/// Sets those of 32 weights to 0 that dropout does not keep.
FIN_INLINE void drop_weights(bfloat16* weights, uint32_t kept) {
#if defined(__x86_64__) && FIN_BYTES == 64
  _mm512_storeu_si512(weights, _mm512_maskz_loadu_epi16(kept, weights));
#else
  for (int64_t i = 0; i < kTileDepth; i++) {
    if ((kept >> i & 1) == 0) weights[i] = {};
  }
#endif
}

/// Writes the keep bits of dropout to the task, which must have them if there is dropout.
/// @param tiles after `begin`
template <int64_t kDims>
static void attend_by_tiles(const AttentionArgs& args, const AttentionTask& task, Tiles& tiles, float* scratch) {
  const int64_t length = task.end - task.begin;
  const int64_t longer = round_up(length, kTileDepth);
  const int64_t step = args.step;
  const int64_t corner = task.begin * step + task.head * kDims;
  const bfloat16* query = (const bfloat16*)args.q + corner;
  const bfloat16* keys = (const bfloat16*)args.k + corner;
  bfloat16* out = (bfloat16*)args.out + task.begin * args.out_step + task.head * kDims;

  Arena arena{scratch};
  bfloat16* queries = (bfloat16*)arena.take(kQueries * kDims / 2);
  bfloat16* values = (bfloat16*)arena.take(longer * kDims / 2);
  float* scores = arena.take(kQueries * longer);
  bfloat16* weights = (bfloat16*)arena.take(kQueries * longer / 2);
  float* context = arena.take(kQueries * kDims);
  uint32_t* words = (uint32_t*)arena.next;
  float* lse = args.lse == nullptr ? nullptr : args.lse + task.head * args.tokens + task.begin;
  const float kept_scale = args.dropout.on ? args.dropout.scale : 1.0f;

  pack_pairs<kDims>((const bfloat16*)args.v + corner, step, length, values);
  for (int64_t first = 0; first < length; first += kQueries) {
    const int64_t rows = length - first < kQueries ? length - first : kQueries;
    const int64_t blocks = (rows + kTile - 1) / kTile;
    if (args.dropout.on) {
      draw_kept_rows(args.dropout, first_weight(args, task, first), args.drawn_longest, rows, length, kept_of_query(task, first),
                     kept_words_of_attention(length), words);
    }
    for (int64_t i = 0; i < rows; i += kTile) {
      pack_transposed<kDims>(query + (first + i) * step, step, rows - i, queries + i * kDims);
    }
    tiles.after_stores();
    multiply_by_queries<kDims>(tiles, keys, step, length, queries, blocks, scores, kTile * longer);
    float tops[kQueries], totals[kQueries];
    for (int64_t i = 0; i < rows; i += kTile) {
      exponentials(scores + i * longer, length, args.scale, weights + i * longer, tops + i, totals + i);
    }
    if (lse != nullptr) {
      for (int64_t i = 0; i < rows; i += W) {
        store_up_to(lse + first + i, fma(load(tops + i), splat(args.scale), log_positive(load(totals + i))), rows - i);
      }
    }
    if (args.dropout.on) {
      for (int64_t i = 0; i < rows; i++) {
        bfloat16* row = weights + i / kTile * kTile * longer + i % kTile * kTileDepth;
        for (int64_t key = 0; key < length; key += kTileDepth) {
          drop_weights(row + key * kTile, kept_of_keys(kept_of_query(task, first + i), key, length));
        }
      }
    }
    tiles.after_stores();
    for (int64_t i = 0; i < rows; i += kTile) {
      multiply_pairs_of_rows<kDims>(tiles, weights + i * longer, values, longer, context + i * kDims, false);
    }
    write_sums<kDims>(context, rows, [&](int64_t i) { return kept_scale / totals[i]; }, out + first * args.out_step, args.out_step);
  }
}

FIN_INLINE void attend_by_tiles(const AttentionArgs& args, const AttentionTask& task, Tiles& tiles, float* scratch) {
  if (args.head_dim == 32) return attend_by_tiles<32>(args, task, tiles, scratch);
  attend_by_tiles<64>(args, task, tiles, scratch);
}
