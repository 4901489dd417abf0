// Attention of one head of one sequence (Vaswani et al., 2017), one block of query rows at a time, so that the scratch memory
// grows linearly with the length. Included by isa-*.cc; no include guard.
//
// Rows of matrices in scratch memory are padded with zeros to whole vectors: `wide` is the head dimension and `longer` the length,
// both rounded up. The backward pass recomputes the weights from the scores and the saved log-sum-exp (Dao et al.,
// "FlashAttention", 2022), which takes less memory than the weights.

constexpr int64_t kQueryBlock = 48;

/// Score of the padding after the last key: its weight becomes exactly 0.
constexpr float kNoScore = -3.0e38f;

static int64_t attention_scratch(int64_t length, int64_t head_dim, bool backward) {
  const int64_t wide = round_up(head_dim, W);
  const int64_t longer = round_up(length, W);
  const int64_t block = length < kQueryBlock ? length : kQueryBlock;
  const int64_t words = dropout_words_size(round_up(longer, 16));
  if (!backward) return block * wide * 2 + head_dim * longer + length * wide + block * longer + words;
  return block * wide * 3 + 2 * head_dim * longer + 3 * length * wide + 3 * block * longer + words;
}

/// Allocates pieces of the scratch memory.
struct Arena {
  float* next;
  float* take(int64_t count) {
    float* piece = next;
    next += count;
    return piece;
  }
};

/// Prefetches the columns of the next head. Rows lie too far apart for the processor's own prefetcher.
template <class T>
FIN_INLINE void prefetch_next_head(const T* x, int64_t head_dim) {
  for (int64_t d = 0; d < head_dim; d += (int64_t)(64 / sizeof(T))) __builtin_prefetch(x + head_dim + d);
}

/// Copies the rows of one head, times a factor, padded with zeros: out[i * wide + d] = factor x[i * stride + d].
template <class T>
static void copy_rows(const T* x, int64_t stride, int64_t rows, int64_t head_dim, float factor, float* out, int64_t wide) {
  for (int64_t i = 0; i < rows; i++) {
    prefetch_next_head(x + i * stride, head_dim);
    for (int64_t d = 0; d < head_dim; d += W) {
      store(out + i * wide + d, load_up_to(x + i * stride + d, head_dim - d) * splat(factor));
    }
  }
}

/// The same transposed: out[d * longer + i] = x[i * stride + d], zeros for i >= rows.
template <class T>
static void copy_transposed(const T* x, int64_t stride, int64_t rows, int64_t head_dim, float* out, int64_t longer) {
  for (int64_t i = 0; i < rows; i++) prefetch_next_head(x + i * stride, head_dim);
  for (int64_t first = 0; first < rows; first += W) {
    const int64_t there = rows - first < W ? rows - first : W;
    for (int64_t d = 0; d < head_dim; d += W) {
      vf square[W];
      for (int64_t i = 0; i < W; i++) {
        square[i] = i < there ? load_up_to(x + (first + i) * stride + d, head_dim - d) : splat(0.0f);
      }
      transpose(square);
      const int64_t columns = head_dim - d < W ? head_dim - d : W;
      for (int64_t j = 0; j < columns; j++) store(out + (d + j) * longer + first, square[j]);
    }
  }
}

template <class T>
static void write_rows(const float* rows, int64_t wide, int64_t count, int64_t head_dim, float factor, T* out, int64_t stride) {
  for (int64_t i = 0; i < count; i++) {
    for (int64_t d = 0; d < head_dim; d += W) {
      store_up_to(out + i * stride + d, load(rows + i * wide + d) * splat(factor), head_dim - d);
    }
  }
}

/// Number of the first weight of a query row among the elements of the dropout draw.
FIN_INLINE int64_t first_weight(const AttentionArgs& args, const AttentionTask& task, int64_t query) {
  const int64_t sequence = drawn_row(args.dropout, task.sequence);
  return ((sequence * args.heads + task.head) * args.drawn_longest + query) * args.drawn_longest;
}

/// The keep bits of a query row.
FIN_INLINE uint16_t* kept_of_query(const AttentionTask& task, int64_t query) {
  return task.kept + query * ((task.end - task.begin + 15) / 16);
}

/// Scores from key j on; kNoScore after the last key.
FIN_INLINE vf scores_of_keys(const float* row, int64_t j, int64_t length) {
  vf scores = load(row + j);
  if (length - j >= W) return scores;
  return lane_numbers() < (int32_t)(length - j) ? scores : splat(kNoScore);
}

template <class T>
static void attention(const AttentionArgs& args, const AttentionTask& task, float* scratch) {
  const int64_t length = task.end - task.begin;
  const int64_t head_dim = args.head_dim;
  const int64_t wide = round_up(head_dim, W);
  const int64_t longer = round_up(length, W);
  const int64_t step = args.step;
  const int64_t corner = task.begin * step + task.head * head_dim;
  const int64_t block = length < kQueryBlock ? length : kQueryBlock;

  Arena arena{scratch};
  float* query = arena.take(block * wide);
  float* context = arena.take(block * wide);
  float* keys = arena.take(head_dim * longer);
  float* values = arena.take(length * wide);
  float* weights = arena.take(block * longer);
  uint32_t* words = (uint32_t*)arena.next;

  copy_transposed((const T*)args.k + corner, step, length, head_dim, keys, longer);
  copy_rows((const T*)args.v + corner, step, length, head_dim, 1.0f, values, wide);
  float* lse = args.lse == nullptr ? nullptr : args.lse + task.head * args.tokens + task.begin;

  for (int64_t first = 0; first < length; first += block) {
    const int64_t rows = length - first < block ? length - first : block;
    copy_rows((const T*)args.q + corner + first * step, step, rows, head_dim, args.scale, query, wide);
    matmul({query, wide, 1}, keys, longer, weights, longer, rows, head_dim, longer, false);
    for (int64_t i = 0; i < rows; i++) {
      float* row = weights + i * longer;
      vf largest = splat(kNoScore);
      for (int64_t j = 0; j < longer; j += W) largest = max(scores_of_keys(row, j, length), largest);
      const float top = reduce_max(largest);
      vf sum = splat(0.0f);
      for (int64_t j = 0; j < longer; j += W) {
        vf e = exp_negative(scores_of_keys(row, j, length) - splat(top));
        store(row + j, e);
        sum += e;
      }
      const float total = reduce_add(sum);
      if (lse != nullptr) lse[first + i] = top + __builtin_logf(total);
      const vf factor = splat(1.0f / total);
      if (args.dropout.on) {
        const int64_t first_word = first_weight(args, task, first + i);
        if (task.kept != nullptr) {
          uint16_t* kept = kept_of_query(task, first + i);
          draw_kept(args.dropout, first_word, length, kept, words);
          for (int64_t j = 0; j < longer; j += W) {
            store(row + j, drop_by_bits(load(row + j) * factor, args.dropout.scale, kept, j));
          }
        } else {
          const uint32_t* kept = dropout_words(args.dropout, first_word, longer, words);
          for (int64_t j = 0; j < longer; j += W) store(row + j, drop(args.dropout, load(row + j) * factor, kept + j));
        }
      } else {
        for (int64_t j = 0; j < longer; j += W) store(row + j, load(row + j) * factor);
      }
    }
    matmul({weights, longer, 1}, values, wide, context, wide, rows, length, wide, false);
    write_rows(context, wide, rows, head_dim, 1.0f, (T*)args.out + (task.begin + first) * args.out_step + task.head * head_dim, args.out_step);
  }
}

template <class T>
static void attention_grad(const AttentionArgs& args, const AttentionTask& task, float* scratch) {
  const int64_t length = task.end - task.begin;
  const int64_t head_dim = args.head_dim;
  const int64_t wide = round_up(head_dim, W);
  const int64_t longer = round_up(length, W);
  const int64_t step = args.step;
  const int64_t corner = task.begin * step + task.head * head_dim;
  const int64_t out_corner = task.begin * args.out_step + task.head * head_dim;
  const int64_t block = length < kQueryBlock ? length : kQueryBlock;

  Arena arena{scratch};
  float* query = arena.take(block * wide);    // scaled
  float* upstream = arena.take(block * wide);
  float* dquery = arena.take(block * wide);
  float* keys = arena.take(head_dim * longer);  // transposed, as values
  float* values = arena.take(head_dim * longer);
  float* key_rows = arena.take(length * wide);
  float* dkey = arena.take(length * wide);
  float* dvalue = arena.take(length * wide);
  float* weights = arena.take(block * longer);
  float* dropped = arena.take(block * longer);  // weights after dropout
  float* dscores = arena.take(block * longer);
  uint32_t* words = (uint32_t*)arena.next;

  copy_transposed((const T*)args.k + corner, step, length, head_dim, keys, longer);
  copy_transposed((const T*)args.v + corner, step, length, head_dim, values, longer);
  copy_rows((const T*)args.k + corner, step, length, head_dim, 1.0f, key_rows, wide);
  const float* lse = args.lse + task.head * args.tokens + task.begin;

  for (int64_t first = 0; first < length; first += block) {
    const int64_t rows = length - first < block ? length - first : block;
    copy_rows((const T*)args.q + corner + first * step, step, rows, head_dim, args.scale, query, wide);
    copy_rows((const T*)args.dout + out_corner + first * args.out_step, args.out_step, rows, head_dim, 1.0f, upstream, wide);
    matmul({query, wide, 1}, keys, longer, weights, longer, rows, head_dim, longer, false);
    matmul({upstream, wide, 1}, values, longer, dscores, longer, rows, head_dim, longer, false);
    for (int64_t i = 0; i < rows; i++) {
      float* row = weights + i * longer;
      float* drow = dscores + i * longer;
      const uint16_t* bits = task.kept == nullptr ? nullptr : kept_of_query(task, first + i);
      const uint32_t* kept = nullptr;
      if (args.dropout.on && bits == nullptr) {
        kept = dropout_words(args.dropout, first_weight(args, task, first + i), longer, words);
      }
      const auto dropped_at = [&](vf v, int64_t j) {
        return bits != nullptr ? drop_by_bits(v, args.dropout.scale, bits, j) : drop(args.dropout, v, kept + j);
      };
      vf projection = splat(0.0f);
      for (int64_t j = 0; j < longer; j += W) {
        vf weight = exp_negative(scores_of_keys(row, j, length) - splat(lse[first + i]));
        store(row + j, weight);
        if (args.dropout.on) {
          store(dropped + i * longer + j, dropped_at(weight, j));
          store(drow + j, dropped_at(load(drow + j), j));
        }
        projection = fma(load(drow + j), weight, projection);
      }
      const vf mean = splat(reduce_add(projection));
      for (int64_t j = 0; j < longer; j += W) store(drow + j, (load(drow + j) - mean) * load(row + j));
    }
    const float* applied = args.dropout.on ? dropped : weights;
    const bool later = first > 0;
    matmul({applied, 1, longer}, upstream, wide, dvalue, wide, length, rows, wide, later);
    matmul({dscores, 1, longer}, query, wide, dkey, wide, length, rows, wide, later);
    matmul({dscores, longer, 1}, key_rows, wide, dquery, wide, rows, length, wide, false);
    write_rows(dquery, wide, rows, head_dim, args.scale, (T*)args.dq + corner + first * step, step);
  }
  write_rows(dkey, wide, length, head_dim, 1.0f, (T*)args.dk + corner, step);
  write_rows(dvalue, wide, length, head_dim, 1.0f, (T*)args.dv + corner, step);
}
