// Attention of one head of one sequence by tiles, for head dimensions of 32 and 64. Included by isa-*.cc; no include guard.

/// Whether `attend_by_tiles` can do it.
FIN_INLINE bool tiles_fit(int64_t head_dim) { return head_dim == 32 || head_dim == 64; }

FIN_INLINE int64_t tile_attention_scratch(int64_t longest, int64_t head_dim) {
  const int64_t length = round_up(longest, kTileDepth);
  return length * head_dim + kTile * length + kTile * length / 2 + kTile * head_dim + dropout_words_size(length);
}

/// Packs keys as the second factor of q kᵀ: for each 16 keys and 32 dimensions, 16 pairs of dimensions x 16 keys. Rows after the
/// last key are read, and scores with them ignored.
static void pack_keys(const bfloat16* keys, int64_t step, int64_t length, int64_t head_dim, bfloat16* out) {
  for (int64_t first = 0; first < length; first += kTile) {
    for (int64_t d = 0; d < head_dim; d += kTileDepth, out += kTile * kTileDepth) {
      for (int64_t key = 0; key < kTile; key += W) {
        for (int64_t pair = 0; pair < kTile; pair += W) {
          vf square[W];
          for (int64_t i = 0; i < W; i++) {
            __builtin_memcpy(&square[i], keys + (first + key + i) * step + d + 2 * pair, sizeof(vf));
          }
          transpose(square);
          for (int64_t i = 0; i < W; i++) __builtin_memcpy(out + (pair + i) * kTileDepth + 2 * key, &square[i], sizeof(vf));
        }
      }
    }
  }
}

/// Packs values as the second factor of weights · values: for each 16 dimensions, all pairs of keys x 16 dimensions. Keys after the
/// last are zeros, so that nothing of the next sequence can enter, not even a NaN.
static void pack_values(const bfloat16* values, int64_t step, int64_t length, int64_t head_dim, bfloat16* out) {
  for (int64_t d = 0; d < head_dim; d += kTile) {
    for (int64_t key = 0; key < round_up(length, kTileDepth); key += 2, out += 2 * kTile) {
      for (int64_t i = 0; i < kTile; i += W) {
        vu pair = {};
        for (int64_t of = 0; of < 2 && key + of < length; of++) {
          vh row;
          __builtin_memcpy(&row, values + (key + of) * step + d + i, sizeof row);
          pair |= __builtin_convertvector(row, vu) << (16 * (uint32_t)of);
        }
        __builtin_memcpy(out + 2 * i, &pair, sizeof pair);
      }
    }
  }
}

/// The sum of a row of weights, and log-sum-exp of its scores.
struct Exponentials {
  float sum, log;
};

/// Turns a row of scores into weights that are not divided by their sum, and zeros after the last key.
static Exponentials exponentials(const float* scores, int64_t length, int64_t longer, float scale, bfloat16* weights) {
  vf largest = splat(kNoScore);
  for (int64_t j = 0; j < length; j += W) largest = max(scores_of_keys(scores, j, length), largest);
  const vf top = splat(reduce_max(largest));
  const vf factor = splat(scale * 1.44269504f);
  vf sum = splat(0.0f);
  for (int64_t j = 0; j < longer; j += 2 * W) {
    vf a = j < length ? exp2_low((scores_of_keys(scores, j, length) - top) * factor) : splat(0.0f);
    vf b = j + W < length ? exp2_low((scores_of_keys(scores, j + W, length) - top) * factor) : splat(0.0f);
    sum += a;
    sum += b;
    store_both(weights + j, a, b);
  }
  const float total = reduce_add(sum);
  return {total, top[0] * scale + __builtin_logf(total)};
}

/// Writes the keep bits of dropout to the task, which must have them if there is dropout.
/// @param tiles after `begin`
static void attend_by_tiles(const AttentionArgs& args, const AttentionTask& task, Tiles& tiles, float* scratch) {
  const int64_t length = task.end - task.begin;
  const int64_t longer = round_up(length, kTileDepth);
  const int64_t head_dim = args.head_dim;
  const int64_t step = args.step;
  const int64_t corner = task.begin * step + task.head * head_dim;
  const bfloat16* query = (const bfloat16*)args.q + corner;
  bfloat16* out = (bfloat16*)args.out + task.begin * args.out_step + task.head * head_dim;

  Arena arena{scratch};
  bfloat16* keys = (bfloat16*)arena.take(longer * head_dim / 2);
  bfloat16* values = (bfloat16*)arena.take(longer * head_dim / 2);
  float* scores = arena.take(kTile * longer);
  bfloat16* weights = (bfloat16*)arena.take(kTile * longer / 2);
  float* context = arena.take(kTile * head_dim);
  uint32_t* words = (uint32_t*)arena.next;
  float* lse = args.lse == nullptr ? nullptr : args.lse + task.head * args.tokens + task.begin;
  const float kept_scale = args.dropout.on ? args.dropout.scale : 1.0f;

  pack_keys((const bfloat16*)args.k + corner, step, length, head_dim, keys);
  pack_values((const bfloat16*)args.v + corner, step, length, head_dim, values);
  tiles.after_stores();
  for (int64_t first = 0; first < length; first += kTile) {
    const int64_t rows = length - first < kTile ? length - first : kTile;
    const bfloat16* packed = keys;
    tiles.template load<4>(query + first * step, step * 2);
    if (head_dim == 64) tiles.template load<5>(query + first * step + kTileDepth, step * 2);
    for (int64_t key = 0; key < length; key += kTile) {
      tiles.template zero<0>();
      tiles.template load<6>(packed, 64);
      tiles.template multiply<0, 4, 6>();
      packed += kTile * kTileDepth;
      if (head_dim == 64) {
        tiles.template load<7>(packed, 64);
        tiles.template multiply<0, 5, 7>();
        packed += kTile * kTileDepth;
      }
      tiles.template save<0>(scores + key, longer * 4);
    }
    float totals[kTile];
    for (int64_t i = 0; i < rows; i++) {
      bfloat16* row = weights + i * longer;
      const Exponentials of_row = exponentials(scores + i * longer, length, longer, args.scale, row);
      totals[i] = of_row.sum;
      if (lse != nullptr) lse[first + i] = of_row.log;
      if (!args.dropout.on) continue;
      uint16_t* kept = kept_of_query(task, first + i);
      draw_kept(args.dropout, first_weight(args, task, first + i), length, kept, words);
      for (int64_t j = 0; j < length; j += W) store(row + j, drop_by_bits(load(row + j), 1.0f, kept, j));
    }
    tiles.after_stores();
    packed = values;
    for (int64_t d = 0; d < head_dim; d += kTile) {
      tiles.template zero<1>();
      for (int64_t key = 0; key < longer; key += kTileDepth, packed += kTile * kTileDepth) {
        tiles.template load<2>(weights + key, longer * 2);
        tiles.template load<3>(packed, 64);
        tiles.template multiply<1, 2, 3>();
      }
      tiles.template save<1>(context + d, head_dim * 4);
    }
    for (int64_t i = 0; i < rows; i++) {
      const vf factor = splat(kept_scale / totals[i]);
      for (int64_t d = 0; d < head_dim; d += 2 * W) {
        const float* row = context + i * head_dim + d;
        store_both(out + (first + i) * args.out_step + d, load(row) * factor, load(row + W) * factor);
      }
    }
  }
}
