// The forward stages of a transformer layer, post-norm as in BERT (Devlin et al., 2018). Included by isa-*.cc; no include guard.
//
//   x ── query, key, value ── attention ── output ── + x, norm ── intermediate, GELU ── output ── + x, norm ── x
//
// All activations of a group stay in one piece of memory, which is meant to fit in a core's L2 cache. They are stored in T and
// computed in float32. Each linear layer can have a low-rank update, and the results of both sublayers and the attention weights can
// be dropped.

/// out = A B + bias + add
template <class T>
struct AddBias {
  const float* bias;
  T* out;
  int64_t step;
  const T* add;  // null for none
  FIN_MEMBER void operator()(int64_t row, int64_t col, vf a, vf b) const {
    a += load(bias + col);
    b += load(bias + col + W);
    if (add != nullptr) {
      a += load(add + row * step + col);
      b += load(add + row * step + col + W);
    }
    __builtin_prefetch(out + (row + 4) * step + col, 1);  // rows lie too far apart for the processor's own prefetcher
    store_both(out + row * step + col, a, b);
  }
};

FIN_INLINE vf gelu_for(const float*, vf v) { return v * normal_cdf(v); }
FIN_INLINE vf gelu_for(const bfloat16*, vf v) { return gelu_low(v); }

/// before = A B + bias + add; out = gelu(before)
template <class T>
struct AddBiasGelu {
  const float* bias;
  T* out;
  int64_t step;
  const T* add;  // null for none
  T* before;     // null unless saved
  FIN_MEMBER void operator()(int64_t row, int64_t col, vf a, vf b) const {
    a += load(bias + col);
    b += load(bias + col + W);
    if (add != nullptr) {
      a += load(add + row * step + col);
      b += load(add + row * step + col + W);
    }
    if (before != nullptr) store_both_passing(before + row * step + col, a, b);
    store_both(out + row * step + col, gelu_for(out, a), gelu_for(out, b));
  }
};

/// Rows as codes, if the weight of the linear layer is multiplied in int8. They are at the beginning of the scratch memory, which
/// begins behind them from now on.
/// @param last the last of neighbouring linear layers with the same input
template <class T>
static CodedRows code_input(const Rows<T>& a, const EncoderLayer& layer, Linear which, Linear last, float*& scratch) {
  while (which < last && !in_int8(layer.coded[which])) which = (Linear)(which + 1);
  const LowBitMatrix& weight = layer.coded[which];
  if (!in_int8(weight)) return {};
  const CodedRows codes = coded_rows_at(scratch, a.count, weight.cols);
  quantize_rows(a.data, a.step, a.count, weight.cols, codes);
  scratch += coded_rows_floats(a.count, weight.cols);
  return codes;
}

/// The linear layer's columns in panels [first, last).
/// @param codes by `code_input`
template <class T>
static void linear(const EncoderGroup& group, const EncoderLayer& layer, Linear which, const Rows<T>& a, const CodedRows& codes,
                   const T* low, T* out, int64_t step, int64_t first, int64_t last, float* scratch) {
  const T* add = raise(group, layer, which, low, out, step, first, last, scratch);
  multiply_weight(a, layer, which, false, first, last, scratch, AddBias<T>{layer.bias[which], out, step, add}, codes);
}

/// x = norm(x + dropout(sum)) for some rows.
/// @param z scratch memory for a row, and for the words of a draw
template <class T>
static void norm_sum(const EncoderArgs& args, const EncoderGroup& group, const EncoderLayer& layer, Norm norm,
                     const Activations<T>& at, Share rows, float* z) {
  const float *gamma = layer.gamma[norm], *beta = layer.beta[norm];
  const DropoutSite site = norm == kAttentionNorm ? kDropAttended : kDropContracted;
  const Dropout& dropout = layer.dropout[site];
  const int64_t whole = args.hidden / W * W;
  if (dropout.on) draw_rows(layer, site, group, args.hidden, rows, (uint32_t*)(z + at.columns));
  for (int64_t row = rows.begin; row < rows.end; row++) {
    T* x = at.x + row * at.narrow;
    const T* sum = at.sum + row * at.narrow;
    vf total = splat(0.0f);
    if (dropout.on) {
      const uint16_t* kept = kept_of_group(layer, site, group, args.hidden) + row * kept_words(args.hidden);
      for (int64_t i = 0; i < at.columns; i += W) {
        const vf v = load(x + i) + drop_by_bits(load(sum + i), dropout.scale, kept, i);
        store(z + i, v);
        total += v;
      }
    } else {
      for (int64_t i = 0; i < at.columns; i += W) {
        const vf v = load(x + i) + load(sum + i);
        store(z + i, v);
        total += v;
      }
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
    const float rstd = 1.0f / __builtin_sqrtf(square / (float)args.hidden + args.epsilon);
    T* normed = nullptr;
    if (layer.saved != nullptr) {
      for (int64_t i = args.hidden; i < at.columns; i++) z[i] = 0.0f;
      layer.rstd[norm][group.row + row] = rstd;
      normed = at.normed[norm] + row * at.narrow;
    }
    for (int64_t i = 0; i < at.columns; i += 2 * W) {
      const vf a = load(z + i) * splat(rstd), b = load(z + i + W) * splat(rstd);
      if (normed != nullptr) store_both_passing(normed + i, a, b);
      store_both(x + i, fma(a, load(gamma + i), load(beta + i)), fma(b, load(gamma + i + W), load(beta + i + W)));
    }
  }
  after_passing_stores();
}

/// What the attention of a layer has in both directions.
template <class T>
static AttentionArgs attention_args(const EncoderArgs& args, const EncoderGroup& group, const EncoderLayer& layer,
                                    const Activations<T>& at) {
  AttentionArgs attention{};
  attention.q = at.projections;
  attention.k = at.projections + at.columns;
  attention.v = at.projections + 2 * at.columns;
  attention.step = at.triple;
  attention.out_step = at.narrow;
  attention.tokens = group.rows;
  attention.heads = args.heads;
  attention.head_dim = args.hidden / args.heads;
  attention.scale = args.scale;
  attention.dropout = layer.dropout[kDropAttention];
  attention.longest = args.longest;
  attention.drawn_longest = args.drawn_longest;
  attention.lse = layer.saved == nullptr ? nullptr : layer.lse + args.heads * group.row;
  return attention;
}

/// One head of one sequence, if the group's sequences have tokens there.
static AttentionTask attention_task(const EncoderArgs& args, const EncoderGroup& group, const EncoderLayer& layer, int64_t number) {
  const int64_t sequence = group.first + number / args.heads, head = number % args.heads;
  AttentionTask task{sequence, head, args.offsets[sequence] - group.row, args.offsets[sequence + 1] - group.row};
  if (layer.dropout[kDropAttention].on) {
    const int64_t length = task.end - task.begin;
    task.kept = layer.kept[kDropAttention] + args.heads * args.kept_before[sequence] + head * length * kept_words_of_attention(length);
  }
  return task;
}

/// Calls `by_tiles(task, tiles)` for each task, where tiles are there and fit the heads, else `by_vectors(task)`.
template <class ByTiles, class ByVectors>
static void each_task(const EncoderArgs& args, const EncoderGroup& group, const EncoderLayer& layer, Share tasks,
                      [[maybe_unused]] const ByTiles& by_tiles, const ByVectors& by_vectors) {
  const auto each = [&](const auto& run) {
    for (int64_t i = tasks.begin; i < tasks.end; i++) {
      const AttentionTask task = attention_task(args, group, layer, i);
      if (task.begin < task.end) run(task);
    }
  };
#if FIN_UNIT == FIN_TILES
  if (tiles_fit(args.hidden / args.heads)) {
    Tiles tiles;
    tiles.begin();
    each([&](const AttentionTask& task) { by_tiles(task, tiles); });
    return tiles.end();
  }
#endif
  each(by_vectors);
}

template <class T>
static void attend(const EncoderArgs& args, const EncoderGroup& group, const EncoderLayer& layer, const Activations<T>& at,
                   Share tasks, float* scratch) {
  AttentionArgs of_group = attention_args(args, group, layer, at);
  of_group.out = at.context;
  each_task(
      args, group, layer, tasks, [&](const AttentionTask& task, auto& tiles) { attend_by_tiles(of_group, task, tiles, scratch); },
      [&](const AttentionTask& task) { attention<T>(of_group, task, scratch); });
}

/// Copies rows of the group from x, and fills up what later stages expect to be zero.
template <class T, class X>
static void load_rows(const EncoderArgs& args, const EncoderGroup& group, const X* x, T* to, int64_t step, Share rows) {
  for (int64_t row = rows.begin; row < rows.end; row++) {
    const X* from = x + (group.row + row) * args.hidden;
    for (int64_t i = 0; i < round_up(args.hidden, kPanel); i += W) {
      store(to + row * step + i, i < args.hidden ? load_up_to(from + i, args.hidden - i) : splat(0.0f));
    }
  }
}

template <class T>
static void load_input(const EncoderArgs& args, const EncoderGroup& group, T* to, int64_t step, Share rows) {
  if (args.x_storage == kBFloat16) return load_rows(args, group, (const bfloat16*)args.x, to, step, rows);
  load_rows(args, group, (const float*)args.x, to, step, rows);
}

/// Sets the columns from the hidden size up to a whole panel to zero.
template <class T>
static void clear_fill(const EncoderArgs& args, T* data, int64_t step, Share rows) {
  const int64_t fill = round_up(args.hidden, kPanel) - args.hidden;
  if (fill == 0) return;
  for (int64_t row = rows.begin; row < rows.end; row++) {
    __builtin_memset((void*)(data + row * step + args.hidden), 0, (size_t)fill * sizeof(T));
  }
}

/// Stores rows of the group in y.
template <class T>
static void store_rows(const EncoderArgs& args, const EncoderGroup& group, const T* from, int64_t step, T* y, Share rows) {
  for (int64_t row = rows.begin; row < rows.end; row++) {
    __builtin_memcpy((void*)(y + (group.row + row) * args.hidden), from + row * step, (size_t)args.hidden * sizeof(T));
  }
}

template <class T>
static void run_encoder(const EncoderArgs& args, const EncoderGroup& group, EncoderStage stage, int64_t number, int64_t part,
                        int64_t parts, float* scratch) {
  const EncoderLayer& layer = args.layers[number];
  const Activations<T> at = activations<T>(args, layer, group);
  const Share rows(group.rows, part, parts);
  const int64_t each = whole_panels(args.hidden);
  const Share panels(each, part, parts), inner_panels(whole_panels(args.intermediate), part, parts);
  const Rows<T> x{at.x, at.narrow, group.rows, at.columns};
  const Rows<T> context{at.context, at.narrow, group.rows, at.columns};
  const Rows<T> inner{at.inner, at.wide, group.rows, round_up(args.intermediate, kPanel)};
  const auto lower_some = [&](Linear which, const T* from, int64_t step, int64_t columns) {
    lower(group, layer, which, UpdateInput<T>{from, step, columns}, at.dropped, at.low[which], rows, scratch);
  };
  switch (stage) {
    case kLoad:
      return load_input(args, group, at.x, at.narrow, rows);
    case kLowerInput:
      for (const Linear which : {kQuery, kKey, kValue}) lower_some(which, at.x, at.narrow, args.hidden);
      return;
    case kQueryKeyValue: {
      const Share all(3 * each, part, parts);
      const CodedRows codes = code_input(x, layer, kQuery, kValue, scratch);
      for (int64_t i = kQuery; i <= kValue; i++) {
        const int64_t begin = all.begin > i * each ? all.begin - i * each : 0;
        const int64_t end = all.end < (i + 1) * each ? all.end - i * each : each;
        if (begin >= end) continue;
        linear(group, layer, (Linear)i, x, codes, at.low[i], at.projections + i * at.columns, at.triple, begin, end, scratch);
      }
      return;
    }
    case kAttend:
      // Attention writes the columns of its heads alone.
      clear_fill(args, at.context, at.narrow, rows);
      return attend(args, group, layer, at, Share((group.end - group.first) * args.heads, part, parts), scratch);
    case kLowerContext:
      return lower_some(kAttentionOutput, at.context, at.narrow, args.hidden);
    case kProjectAttention: {
      const CodedRows codes = code_input(context, layer, kAttentionOutput, kAttentionOutput, scratch);
      return linear(group, layer, kAttentionOutput, context, codes, at.low[kAttentionOutput], at.sum, at.narrow, panels.begin,
                    panels.end, scratch);
    }
    case kNormAttention:
      return norm_sum(args, group, layer, kAttentionNorm, at, rows, scratch);
    case kLowerAttended:
      return lower_some(kIntermediate, at.x, at.narrow, args.hidden);
    case kExpand: {
      const CodedRows codes = code_input(x, layer, kIntermediate, kIntermediate, scratch);
      T* before = at.before_gelu == nullptr ? at.inner : at.before_gelu;
      const T* add = raise(group, layer, kIntermediate, at.low[kIntermediate], before, at.wide, inner_panels.begin,
                           inner_panels.end, scratch);
      const AddBiasGelu<T> epilogue{layer.bias[kIntermediate], at.inner, at.wide, add, at.before_gelu};
      multiply_weight(x, layer, kIntermediate, false, inner_panels.begin, inner_panels.end, scratch, epilogue, codes);
      return after_passing_stores();
    }
    case kLowerInner:
      return lower_some(kOutput, at.inner, at.wide, args.intermediate);
    case kContract: {
      const CodedRows codes = code_input(inner, layer, kOutput, kOutput, scratch);
      return linear(group, layer, kOutput, inner, codes, at.low[kOutput], at.sum, at.narrow, panels.begin, panels.end, scratch);
    }
    case kNormOutput:
      return norm_sum(args, group, layer, kOutputNorm, at, rows, scratch);
    case kStore:
      return store_rows(args, group, at.x, at.narrow, (T*)args.y, rows);
  }
}
