// The backward pass of attention by tiles (see body-tile-attention.h). Included by isa-*.cc; no include guard.
//
// The weights and the gradients of the scores are [keys, queries], like the scores of the forward pass. So they are first factors of the
// gradients of values and keys, which are sums over queries. For the gradient of queries, a sum over keys, they are transposed.

FIN_INLINE int64_t tile_attention_grad_scratch(int64_t longest, int64_t head_dim) {
  const int64_t length = round_up(longest, kTileDepth);
  const int64_t of_queries = 4 * kQueries * head_dim / 2 + kQueries * head_dim;
  const int64_t of_keys = length * head_dim / 2 + 2 * length * head_dim;
  const int64_t scores = 2 * kQueries * length, rounded = 3 * kQueries * length / 2, kept = kQueries * length / kTileDepth;
  return of_queries + of_keys + scores + rounded + kept;
}

/// Gradients of a block of scores, [keys, 16 queries], in bfloat16.
struct ScoreGradients {
  bfloat16* dropped;   // the weights after dropout, not scaled, in rows of 32 queries
  bfloat16* by_keys;   // the gradients, in rows of 32 queries
  bfloat16* by_queries;  // the same in tiles of 16 queries x 32 keys, with zeros after the last key
};

/// @param scores turned into weights
/// @param dweights gradients of the weights after dropout, turned into those of the weights before it
/// @param lse of the 16 queries
/// @param kept keep bits of 32 keys for each of the 16 queries, then those of the next 32 keys; null for no dropout
static void score_gradients(float* scores, float* dweights, int64_t length, float scale, const float* lse, const uint32_t* kept,
                            float kept_scale, const ScoreGradients& to) {
  constexpr int64_t kParts = kTile / W;
  const vf factor = splat(scale * 1.44269504f);
  vf mean[kParts];
  for (int64_t part = 0; part < kParts; part++) {
    const vf log = load(lse + part * W) * splat(1.44269504f);
    vf sum = splat(0.0f);
    for (int64_t key = 0; key < length; key++) {
      float *score = scores + key * kTile + part * W, *dweight = dweights + key * kTile + part * W;
      const vf weight = exp2_low(fma(load(score), factor, -log));
      vf d = load(dweight), dropped = weight;
      if (kept != nullptr) {
        vu words;
        __builtin_memcpy(&words, kept + key / kTileDepth * kTile + part * W, sizeof words);
        const vu keeps = words & (1u << key % kTileDepth);
        d = keeps != 0 ? d * splat(kept_scale) : splat(0.0f);
        dropped = keeps != 0 ? weight : splat(0.0f);
        store(dweight, d);
      }
      sum = fma(d, weight, sum);
      store(score, weight);
      store(to.dropped + key * kQueries + part * W, dropped);
    }
    mean[part] = sum;
  }
  alignas(64) uint32_t pairs[kTile][kTile];  // pairs of keys x queries
  bfloat16* by_queries = to.by_queries;
  for (int64_t first = 0; first < length; first += kTileDepth, by_queries += kTileHalves) {
    for (int64_t pair = 0; pair < kTile; pair++) {
      const int64_t key = first + 2 * pair;
      for (int64_t part = 0; part < kParts; part++) {
        const int64_t at = key * kTile + part * W;
        bfloat16* by_keys = to.by_keys + key * kQueries + part * W;
        vf a = splat(0.0f), b = a;
        if (key < length) {
          a = (load(dweights + at) - mean[part]) * load(scores + at);
          store(by_keys, a);
        }
        if (key + 1 < length) {
          b = (load(dweights + at + kTile) - mean[part]) * load(scores + at + kTile);
          store(by_keys + kQueries, b);
        }
        const vu words = bfloat16_pairs(a, b);
        __builtin_memcpy(&pairs[pair][part * W], &words, sizeof words);
      }
    }
    transpose_words(pairs, 64, by_queries);
  }
}

/// The task must have the keep bits if there is dropout.
/// @param tiles after `begin`
template <int64_t kDims>
static void attention_grad_by_tiles(const AttentionArgs& args, const AttentionTask& task, Tiles& tiles, float* scratch) {
  const int64_t length = task.end - task.begin;
  const int64_t longer = round_up(length, kTileDepth);
  const int64_t step = args.step, out_step = args.out_step;
  const int64_t corner = task.begin * step + task.head * kDims;
  const bfloat16 *query = (const bfloat16*)args.q + corner, *keys = (const bfloat16*)args.k + corner;
  const bfloat16* values = (const bfloat16*)args.v + corner;
  const bfloat16* dout = (const bfloat16*)args.dout + task.begin * out_step + task.head * kDims;
  const float* lse = args.lse + task.head * args.tokens + task.begin;
  const float kept_scale = args.dropout.on ? args.dropout.scale : 1.0f;

  Arena arena{scratch};
  bfloat16* queries = (bfloat16*)arena.take(kQueries * kDims / 2);
  bfloat16* query_pairs = (bfloat16*)arena.take(kQueries * kDims / 2);
  bfloat16* upstream = (bfloat16*)arena.take(kQueries * kDims / 2);  // rows of dout
  bfloat16* upstream_pairs = (bfloat16*)arena.take(kQueries * kDims / 2);
  bfloat16* key_pairs = (bfloat16*)arena.take(longer * kDims / 2);
  float* scores = arena.take(kQueries * longer);
  float* dweights = arena.take(kQueries * longer);
  bfloat16* dropped = (bfloat16*)arena.take(kQueries * longer / 2);
  bfloat16* by_keys = (bfloat16*)arena.take(kQueries * longer / 2);
  bfloat16* by_queries = (bfloat16*)arena.take(kQueries * longer / 2);
  float* dquery = arena.take(kQueries * kDims);
  float* dkeys = arena.take(longer * kDims);
  float* dvalues = arena.take(longer * kDims);
  uint32_t* kept = args.dropout.on ? (uint32_t*)arena.next : nullptr;

  prefetch_next_head(keys, step, length, kDims);
  pack_pairs<kDims>(keys, step, length, key_pairs);
  for (int64_t first = 0; first < length; first += kQueries) {
    const int64_t rows = length - first < kQueries ? length - first : kQueries;
    const int64_t blocks = (rows + kTile - 1) / kTile;
    float lse_of_rows[kQueries] = {};
    for (int64_t i = 0; i < rows; i += W) store(lse_of_rows + i, load_up_to(lse + first + i, rows - i));
    for (int64_t i = 0; i < rows; i += kTile) {
      pack_transposed<kDims>(query + (first + i) * step, step, rows - i, queries + i * kDims);
      pack_transposed<kDims>(dout + (first + i) * out_step, out_step, rows - i, upstream + i * kDims);
    }
    pack_pairs<kDims>(query + first * step, step, rows, query_pairs);
    pack_pairs<kDims>(dout + first * out_step, out_step, rows, upstream_pairs);
    if (kept != nullptr) {
      for (int64_t i = 0; i < blocks * kTile; i++) {
        uint32_t* of_query = kept + i / kTile * kTile * longer / kTileDepth + i % kTile;
        for (int64_t key = 0; key < length; key += kTileDepth) {
          of_query[key / kTileDepth * kTile] = i < rows ? kept_of_keys(kept_of_query(task, first + i), key, length) : 0;
        }
      }
    }
    if (blocks == 1) {
      // The products below take 32 queries.
      __builtin_memset((void*)dropped, 0, (size_t)(length * kQueries) * sizeof(bfloat16));
      __builtin_memset((void*)by_keys, 0, (size_t)(length * kQueries) * sizeof(bfloat16));
    }
    tiles.after_stores();
    multiply_by_queries<kDims>(tiles, keys, step, length, queries, blocks, scores, kTile * longer);
    multiply_by_queries<kDims>(tiles, values, step, length, upstream, blocks, dweights, kTile * longer);
    for (int64_t i = 0; i < rows; i += kTile) {
      const uint32_t* kept_of_block = kept == nullptr ? nullptr : kept + i * longer / kTileDepth;
      score_gradients(scores + i * longer, dweights + i * longer, length, args.scale, lse_of_rows + i, kept_of_block, kept_scale,
                      {dropped + i, by_keys + i, by_queries + i * longer});
    }
    prefetch_next_head(query + first * step, step, rows, kDims);
    tiles.after_stores();
    const bool later = first > 0;
    for (int64_t key = 0; key < length; key += kTile) {
      multiply_pairs_of_rows<kDims>(tiles, dropped + key * kQueries, upstream_pairs, kQueries, dvalues + key * kDims, later);
      multiply_pairs_of_rows<kDims>(tiles, by_keys + key * kQueries, query_pairs, kQueries, dkeys + key * kDims, later);
    }
    for (int64_t i = 0; i < rows; i += kTile) {
      multiply_pairs_of_rows<kDims>(tiles, by_queries + i * longer, key_pairs, longer, dquery + i * kDims, false);
    }
    prefetch_next_head(values + first * step, step, rows, kDims);
    write_sums<kDims>(dquery, rows, [&](int64_t) { return args.scale; }, (bfloat16*)args.dq + corner + first * step, step);
  }
  write_sums<kDims>(dkeys, length, [&](int64_t) { return args.scale; }, (bfloat16*)args.dk + corner, step);
  write_sums<kDims>(dvalues, length, [&](int64_t) { return kept_scale; }, (bfloat16*)args.dv + corner, step);
}

FIN_INLINE void attention_grad_by_tiles(const AttentionArgs& args, const AttentionTask& task, Tiles& tiles, float* scratch) {
  if (args.head_dim == 32) return attention_grad_by_tiles<32>(args, task, tiles, scratch);
  attention_grad_by_tiles<64>(args, task, tiles, scratch);
}
