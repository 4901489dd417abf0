// The stages of a transformer layer, post-norm as in BERT (Devlin et al., 2018). Included by isa-*.cc; no include guard.
//
//   x ── query, key, value ── attention ── output ── + x, norm ── intermediate, GELU ── output ── + x, norm ── x
//
// All activations of a group stay in one piece of memory, which is meant to fit in a core's L2 cache. They are stored in T and
// computed in float32.

/// Where a group's activations are. Rows have some elements more than columns, so that neighbours do not share cache sets, and
/// zeros in the columns up to a whole panel.
template <class T>
struct Activations {
  T *x, *context, *sum;  // [rows, hidden], `narrow` elements from row to row
  T* projections;        // [rows, 3, hidden]: query, key, value, `triple` elements from row to row
  T* inner;              // [rows, intermediate], `wide` elements from row to row; in the place of context and projections
  int64_t narrow, triple, wide, columns;
  int64_t elements;
};

constexpr int64_t kLine = 64;  // bytes

template <class T>
static Activations<T> activations(const EncoderArgs& args, int64_t rows, char* memory) {
  constexpr int64_t kGap = kLine / (int64_t)sizeof(T);
  // A tile that begins at the last row of a sequence reads 15 rows more.
  const int64_t all = round_up(rows, kPanel) + kPanel;
  Activations<T> at;
  at.columns = round_up(args.hidden, kPanel);
  at.narrow = at.columns + kGap;
  at.triple = 3 * at.columns + kGap;
  at.wide = round_up(args.intermediate, kPanel) + kGap;
  at.x = (T*)memory;
  at.sum = at.x + all * at.narrow;
  at.context = at.sum + all * at.narrow;
  at.projections = at.context + all * at.narrow;
  at.inner = at.context;
  const int64_t attention = all * (at.narrow + at.triple), inner = all * at.wide;
  at.elements = 2 * all * at.narrow + (attention > inner ? attention : inner);
  return at;
}

template <class T>
static int64_t activation_bytes(const EncoderArgs& args, int64_t rows) {
  return activations<T>(args, rows, nullptr).elements * (int64_t)sizeof(T);
}

template <class T>
static int64_t encoder_scratch(const EncoderArgs& args, int64_t rows, int64_t longest) {
  const int64_t deepest = args.hidden > args.intermediate ? args.hidden : args.intermediate;
  int64_t most = panel_scratch(Rows<T>{nullptr, 0, rows, round_up(deepest, kPanel)});
  const auto need = [&](int64_t floats) { most = floats > most ? floats : most; };
  need(attention_scratch(longest, args.heads == 0 ? 0 : args.hidden / args.heads, false));
  need(round_up(args.hidden, kPanel));
#if FIN_UNIT == FIN_TILES
  if (tiles_fit(args.hidden / args.heads)) need(tile_attention_scratch(longest, args.hidden / args.heads));
#endif
  return most;
}

/// The share of `count` that part `part` of `parts` has.
struct Share {
  int64_t begin, end;
  Share(int64_t count, int64_t part, int64_t parts) : begin(count * part / parts), end(count * (part + 1) / parts) {}
};

/// out = A B + bias
template <class T>
struct AddBias {
  const float* bias;
  T* out;
  int64_t step;
  FIN_MEMBER void operator()(int64_t row, int64_t col, vf a, vf b) const {
    store_both(out + row * step + col, a + load(bias + col), b + load(bias + col + W));
  }
};

FIN_INLINE vf gelu_for(const float*, vf v) { return v * normal_cdf(v); }
FIN_INLINE vf gelu_for(const bfloat16*, vf v) { return gelu_low(v); }

/// out = gelu(A B + bias)
template <class T>
struct AddBiasGelu {
  const float* bias;
  T* out;
  int64_t step;
  FIN_MEMBER void operator()(int64_t row, int64_t col, vf a, vf b) const {
    store_both(out + row * step + col, gelu_for(out, a + load(bias + col)), gelu_for(out, b + load(bias + col + W)));
  }
};

/// The linear layer's columns of one part.
template <class Epilogue, class T>
static void linear(const Rows<T>& a, const EncoderLayer& layer, Linear which, int64_t out_features, int64_t step, T* out,
                   int64_t part, int64_t parts, float* scratch) {
  const Share panels(whole_panels(out_features), part, parts);
  multiply_panels(a, layer.weight[which], panels.begin, panels.end, scratch, Epilogue{layer.bias[which], out, step});
}

/// x = norm(x + sum) for rows [begin, end).
template <class T>
static void norm_sum(const EncoderArgs& args, const Activations<T>& at, const float* gamma, const float* beta, Share rows,
                     float* z) {
  const int64_t whole = args.hidden / W * W;
  for (int64_t row = rows.begin; row < rows.end; row++) {
    T* x = at.x + row * at.narrow;
    const T* sum = at.sum + row * at.narrow;
    vf total = splat(0.0f);
    for (int64_t i = 0; i < at.columns; i += W) {
      const vf v = load(x + i) + load(sum + i);
      store(z + i, v);
      total += v;
    }
    const float mean = reduce_add(total) / (float)args.hidden;
    vf squares = splat(0.0f);
    for (int64_t i = 0; i < at.columns; i += W) {
      const vf centred = load(z + i) - splat(mean);
      store(z + i, centred);
      if (i < whole) squares = fma(centred, centred, squares);
    }
    float square = reduce_add(squares);
    for (int64_t i = whole; i < args.hidden; i++) square += z[i] * z[i];
    const vf rstd = splat(1.0f / __builtin_sqrtf(square / (float)args.hidden + args.epsilon));
    for (int64_t i = 0; i < at.columns; i += 2 * W) {
      const vf a = fma(load(z + i) * rstd, load(gamma + i), load(beta + i));
      const vf b = fma(load(z + i + W) * rstd, load(gamma + i + W), load(beta + i + W));
      store_both(x + i, a, b);
    }
  }
}

template <class T>
static void attend(const EncoderArgs& args, const EncoderGroup& group, const Activations<T>& at, Share tasks, float* scratch) {
  AttentionArgs attention_args{};
  attention_args.q = at.projections;
  attention_args.k = at.projections + at.columns;
  attention_args.v = at.projections + 2 * at.columns;
  attention_args.out = at.context;
  attention_args.step = at.triple;
  attention_args.out_step = at.narrow;
  attention_args.heads = args.heads;
  attention_args.head_dim = args.hidden / args.heads;
  attention_args.scale = args.scale;
#if FIN_UNIT == FIN_TILES
  const bool by_tiles = tiles_fit(attention_args.head_dim);
  Tiles tiles;
  if (by_tiles) tiles.begin();
#endif
  for (int64_t at_task = tasks.begin; at_task < tasks.end; at_task++) {
    const int64_t sequence = group.first + at_task / args.heads;
    const int64_t begin = args.offsets[sequence] - group.row, end = args.offsets[sequence + 1] - group.row;
    if (begin == end) continue;
    const AttentionTask task{sequence, at_task % args.heads, begin, end};
#if FIN_UNIT == FIN_TILES
    if (by_tiles) {
      attend_by_tiles(attention_args, task, tiles, scratch);
      continue;
    }
#endif
    attention<T>(attention_args, task, scratch);
  }
#if FIN_UNIT == FIN_TILES
  if (by_tiles) tiles.end();
#endif
}

/// Copies rows [begin, end) of the group from x, and fills up what later stages expect to be zero.
template <class T, class X>
static void load_rows(const EncoderArgs& args, const EncoderGroup& group, const Activations<T>& at, Share rows) {
  for (int64_t row = rows.begin; row < rows.end; row++) {
    const X* from = (const X*)args.x + (group.row + row) * args.hidden;
    T* to = at.x + row * at.narrow;
    for (int64_t i = 0; i < at.columns; i += W) {
      store(to + i, i < args.hidden ? load_up_to(from + i, args.hidden - i) : splat(0.0f));
    }
  }
}

/// Stores the rows [begin, end) of the group in y.
template <class T>
static void store_rows(const EncoderArgs& args, const EncoderGroup& group, const Activations<T>& at, Share rows) {
  for (int64_t row = rows.begin; row < rows.end; row++) {
    __builtin_memcpy((T*)args.y + (group.row + row) * args.hidden, at.x + row * at.narrow, (size_t)args.hidden * sizeof(T));
  }
}

template <class T>
static void run_encoder(const EncoderArgs& args, const EncoderGroup& group, EncoderStage stage, const EncoderLayer& layer,
                        int64_t part, int64_t parts, float* scratch) {
  const Activations<T> at = activations<T>(args, group.rows, group.activations);
  const Share rows(group.rows, part, parts);
  const Rows<T> x{at.x, at.narrow, group.rows, at.columns};
  const Rows<T> context{at.context, at.narrow, group.rows, at.columns};
  const Rows<T> inner{at.inner, at.wide, group.rows, round_up(args.intermediate, kPanel)};
  switch (stage) {
    case kLoad:
      if (args.x_storage == kBFloat16) return load_rows<T, bfloat16>(args, group, at, rows);
      return load_rows<T, float>(args, group, at, rows);
    case kQueryKeyValue: {
      const int64_t each = whole_panels(args.hidden);
      const Share panels(3 * each, part, parts);
      for (int i = kQuery; i <= kValue; i++) {
        const int64_t begin = panels.begin > i * each ? panels.begin - i * each : 0;
        const int64_t end = panels.end < (i + 1) * each ? panels.end - i * each : each;
        if (begin >= end) continue;
        const AddBias<T> epilogue{layer.bias[i], at.projections + i * at.columns, at.triple};
        multiply_panels(x, layer.weight[i], begin, end, scratch, epilogue);
      }
      return;
    }
    case kAttend:
      // Attention writes the columns of its heads alone; `inner` was in the place of the others.
      if (args.hidden < at.columns) {
        for (int64_t row = rows.begin; row < rows.end; row++) {
          T* end = at.context + row * at.narrow + args.hidden;
          __builtin_memset((void*)end, 0, (size_t)(at.columns - args.hidden) * sizeof(T));
        }
      }
      return attend(args, group, at, Share((group.end - group.first) * args.heads, part, parts), scratch);
    case kProjectAttention:
      return linear<AddBias<T>>(context, layer, kAttentionOutput, args.hidden, at.narrow, at.sum, part, parts, scratch);
    case kNormAttention:
      return norm_sum(args, at, layer.gamma[kAttentionNorm], layer.beta[kAttentionNorm], rows, scratch);
    case kExpand:
      return linear<AddBiasGelu<T>>(x, layer, kIntermediate, args.intermediate, at.wide, at.inner, part, parts, scratch);
    case kContract:
      return linear<AddBias<T>>(inner, layer, kOutput, args.hidden, at.narrow, at.sum, part, parts, scratch);
    case kNormOutput:
      return norm_sum(args, at, layer.gamma[kOutputNorm], layer.beta[kOutputNorm], rows, scratch);
    case kStore:
      return store_rows(args, group, at, rows);
  }
}
