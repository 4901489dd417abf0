// Where the activations of a transformer layer are (see body-encoder.h). Included by isa-*.cc; no include guard.

constexpr int64_t kLine = 64;  // bytes

/// Elements from row to row of an update's narrow side.
FIN_INLINE int64_t low_step(const LowRank& update) { return round_up(update.rank, kPanel); }

/// Where a group's activations are. Rows have some elements more than columns, so that neighbours do not share cache sets, and
/// zeros in the columns up to a whole panel. With a backward pass to come, some lie in the layer's saved memory.
template <class T>
struct Activations {
  int64_t columns, narrow, triple, wide;  // hidden columns; elements from row to row of hidden, of three times it, of intermediate
  T *x, *sum;                             // narrow
  T* context;                             // narrow
  T* projections;                         // triple: query, key, value
  T* inner;                               // wide; in the place of context and projections unless these are saved
  T* dropped;                             // narrow or wide: input of an update after dropout
  T* low[kLinears];                       // scaling dropout(x) Aᵀ of each update
  T *before_gelu, *normed[kNorms];        // wide, narrow; null unless saved
  int64_t elements;                       // in the group's memory
};

/// Takes pieces of `rows` rows from memory that begins at `next`. Also counts how much is needed, from null.
template <class T>
struct RowArena {
  T* next;
  int64_t rows;
  int64_t taken = 0;  // elements
  FIN_MEMBER T* take(int64_t step) {
    T* piece = next == nullptr ? nullptr : next + taken;
    taken += rows * step;
    return piece;
  }
};

template <class T>
static void set_steps(const EncoderArgs& args, Activations<T>& at) {
  constexpr int64_t kGap = kLine / (int64_t)sizeof(T);
  at.columns = round_up(args.hidden, kPanel);
  at.narrow = at.columns + kGap;
  at.triple = 3 * at.columns + kGap;
  at.wide = round_up(args.intermediate, kPanel) + kGap;
}

/// Takes what the backward pass needs of a layer.
template <class T>
static void take_saved(const EncoderLayer& layer, RowArena<T>& saved, Activations<T>& at) {
  at.projections = saved.take(at.triple);
  for (int i = 0; i < kNorms; i++) at.normed[i] = saved.take(at.narrow);
  at.before_gelu = saved.take(at.wide);
  for (int i = 0; i < kLinears; i++) at.low[i] = saved.take(low_step(layer.update[i]));
  if (layer.update[kAttentionOutput].rank > 0 || layer.trained[kAttentionOutput].weight) at.context = saved.take(at.narrow);
}

template <class T>
static int64_t saved_columns(const EncoderArgs& args, const EncoderLayer& layer) {
  Activations<T> at{};
  set_steps(args, at);
  RowArena<T> saved{nullptr, 1};
  take_saved(layer, saved, at);
  return saved.taken;
}

/// The saved memory of one layer and group.
template <class T>
static RowArena<T> saved_memory(const EncoderArgs& args, const EncoderLayer& layer, const EncoderGroup& group) {
  return {(T*)layer.saved + group.saved_row * saved_columns<T>(args, layer), saved_rows(group.rows)};
}

/// Elements from row to row of an update's dropped input.
template <class T>
FIN_INLINE int64_t dropped_step(const EncoderLayer& layer, const Activations<T>& at) {
  int64_t step = 0;
  for (int i = 0; i < kLinears; i++) {
    const int64_t own = i == kOutput ? at.wide : at.narrow;
    if (layer.update[i].rank > 0 && own > step) step = own;
  }
  return step;
}

template <class T>
static Activations<T> activations(const EncoderArgs& args, const EncoderLayer& layer, const EncoderGroup& group) {
  Activations<T> at{};
  set_steps(args, at);
  RowArena<T> own{(T*)group.activations, saved_rows(group.rows)};
  at.x = own.take(at.narrow);
  at.sum = own.take(at.narrow);
  at.dropped = own.take(dropped_step(layer, at));
  RowArena<T> inner = own;
  if (layer.saved != nullptr) {
    RowArena<T> saved = saved_memory<T>(args, layer, group);
    take_saved(layer, saved, at);
  } else {
    for (int i = 0; i < kLinears; i++) at.low[i] = own.take(low_step(layer.update[i]));
    inner = own;
    at.projections = own.take(at.triple);
  }
  if (at.context == nullptr) at.context = own.take(at.narrow);
  at.inner = inner.take(at.wide);
  at.elements = own.taken > inner.taken ? own.taken : inner.taken;
  return at;
}

/// The most bytes that a layer's activations take in a group of that many rows.
template <class T>
static int64_t forward_bytes(const EncoderArgs& args, int64_t rows) {
  EncoderGroup group{};
  group.rows = rows;
  int64_t most = 0;
  for (int64_t i = 0; i < args.layer_count; i++) {
    const int64_t elements = activations<T>(args, args.layers[i], group).elements;
    most = elements > most ? elements : most;
  }
  return most * (int64_t)sizeof(T);
}

FIN_INLINE bool multiplies_int8(const EncoderArgs& args) {
  for (int64_t i = 0; i < args.layer_count; i++) {
    for (const LowBitMatrix& weight : args.layers[i].coded) {
      if (in_int8(weight)) return true;
    }
  }
  return false;
}

/// Floats of scratch memory for the linear layers and their updates, and for one row of a norm or of keep bits.
template <class T>
static int64_t linear_scratch(const EncoderArgs& args, int64_t rows) {
  const int64_t deepest = round_up(args.hidden > args.intermediate ? args.hidden : args.intermediate, kPanel);
  int64_t most = panel_scratch(Rows<T>{nullptr, 0, rows, deepest});
  const auto need = [&](int64_t floats) { most = floats > most ? floats : most; };
  need(round_up(args.hidden, kPanel) + dropout_words_size(deepest));
  for (int64_t i = 0; i < args.layer_count; i++) {
    for (const LowBitMatrix& coded : args.layers[i].coded) {
      if (coded.codes != nullptr) need(round_up(panel_scratch(Rows<T>{nullptr, 0, rows, deepest}), kPanel) + decoded_panel_scratch(deepest));
    }
    for (const LowRank& update : args.layers[i].update) {
      need(panel_scratch(Rows<T>{nullptr, 0, rows, round_up(update.rank, kPanel)}));
    }
  }
  return multiplies_int8(args) ? most + coded_rows_floats(rows, deepest) + kInt8SumFloats : most;
}

template <class T>
static int64_t forward_scratch(const EncoderArgs& args, int64_t rows) {
  int64_t most = linear_scratch<T>(args, rows);
  const auto need = [&](int64_t floats) { most = floats > most ? floats : most; };
  need(attention_scratch(args.longest, args.hidden / args.heads, false));
#if FIN_UNIT == FIN_TILES
  if (tiles_fit(args.hidden / args.heads)) need(tile_attention_scratch(args.longest, args.hidden / args.heads));
#endif
  return most;
}

/// The share of `count` that part `part` of `parts` has.
struct Share {
  int64_t begin, end;
  Share(int64_t count, int64_t part, int64_t parts) : begin(count * part / parts), end(count * (part + 1) / parts) {}
};
