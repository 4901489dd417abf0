// Low-rank updates of linear layers (LoRA; Hu et al., 2021): y += scaling dropout(x) Aᵀ Bᵀ. Included by isa-*.cc; no include guard.

/// The dropout of each linear layer's update.
constexpr DropoutSite kDropInput[kLinears] = {kDropQuery,           kDropKey,         kDropValue,
                                              kDropAttentionOutput, kDropIntermediate, kDropOutput};

/// out = dropout(factor A B) + add
template <class T>
struct ScaleAndAdd {
  T* out;
  int64_t step;
  float factor;
  const T* add;          // null for none
  const uint16_t* kept;  // keep bits; null for no dropout
  int64_t kept_step;
  float scale;  // of what dropout keeps
  FIN_MEMBER void operator()(int64_t row, int64_t col, vf a, vf b) const {
    a *= splat(factor);
    b *= splat(factor);
    if (kept != nullptr) {
      a = drop_by_bits(a, scale, kept + row * kept_step, col);
      b = drop_by_bits(b, scale, kept + row * kept_step, col + W);
    }
    if (add != nullptr) {
      a += load(add + row * step + col);
      b += load(add + row * step + col + W);
    }
    store_both(out + row * step + col, a, b);
  }
};

template <class T>
FIN_INLINE ScaleAndAdd<T> plain(T* out, int64_t step, float factor) {
  return {out, step, factor, nullptr, nullptr, 0, 1.0f};
}

/// The keep bits of the group's first row, for a dropout over rows of that many elements.
FIN_INLINE uint16_t* kept_of_group(const EncoderLayer& layer, DropoutSite site, const EncoderGroup& group, int64_t columns) {
  return layer.kept[site] + group.row * kept_words(columns);
}

/// The input of a linear layer, for its update.
template <class T>
struct UpdateInput {
  const T* data;
  int64_t step, columns;  // elements from row to row; without the fill
};

/// to = dropout(x) for some rows of the group, by keep bits. Both have the same steps.
template <class T>
static void drop_rows(const UpdateInput<T>& x, const EncoderLayer& layer, DropoutSite site, const EncoderGroup& group, Share rows,
                      T* to) {
  const float scale = layer.dropout[site].scale;
  for (int64_t row = rows.begin; row < rows.end; row++) {
    const uint16_t* kept = kept_of_group(layer, site, group, x.columns) + row * kept_words(x.columns);
    for (int64_t i = 0; i < round_up(x.columns, kPanel); i += 2 * W) {
      const T* from = x.data + row * x.step + i;
      store_both(to + row * x.step + i, drop_by_bits(load(from), scale, kept, i), drop_by_bits(load(from + W), scale, kept, i + W));
    }
  }
}

/// Draws the keep bits of some rows of the group.
static void draw_rows(const EncoderLayer& layer, DropoutSite site, const EncoderGroup& group, int64_t columns, Share rows,
                      uint32_t* words) {
  for (int64_t row = rows.begin; row < rows.end; row++) {
    uint16_t* kept = kept_of_group(layer, site, group, columns) + row * kept_words(columns);
    const Dropout& dropout = layer.dropout[site];
    draw_kept(dropout, drawn_row(dropout, group.row + row) * columns, columns, kept, words);
  }
}

/// The narrow side, low = scaling dropout(x) Aᵀ, for some rows of the group.
template <class T>
static void lower(const EncoderGroup& group, const EncoderLayer& layer, Linear which, const UpdateInput<T>& x, T* dropped, T* low,
                  Share rows, float* scratch) {
  const LowRank& update = layer.update[which];
  if (update.rank == 0 || rows.begin == rows.end) return;
  const DropoutSite site = kDropInput[which];
  const T* input = x.data;
  if (layer.dropout[site].on) {
    draw_rows(layer, site, group, x.columns, rows, (uint32_t*)scratch);
    drop_rows(x, layer, site, group, rows, dropped);
    input = dropped;
  }
  const int64_t step = low_step(update);
  const Rows<T> a{input + rows.begin * x.step, x.step, rows.end - rows.begin, round_up(x.columns, kPanel)};
  multiply_panels(a, update.a, 0, whole_panels(update.rank), scratch, plain(low + rows.begin * step, step, update.scaling));
}

/// out = low Bᵀ in panels [first, last), for the linear layer to add.
/// @return out, or null if there is no update
template <class T>
static const T* raise(const EncoderGroup& group, const EncoderLayer& layer, Linear which, const T* low, T* out, int64_t step,
                      int64_t first, int64_t last, float* scratch) {
  const LowRank& update = layer.update[which];
  if (update.rank == 0) return nullptr;
  const Rows<T> a{low, low_step(update), group.rows, low_step(update)};
  multiply_panels(a, update.b, first, last, scratch, plain(out, step, 1.0f));
  return out;
}
