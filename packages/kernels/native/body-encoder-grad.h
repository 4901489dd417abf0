// The backward stages of a transformer layer (see body-encoder.h): the gradients of the input, of the low-rank updates and of the norms.
// For the gradients of the linear layers themselves see body-weight-grad.h. Included by isa-*.cc; no include guard.

/// Where a group's gradients are. Rows as in Activations.
template <class T>
struct Gradients {
  T* d;            // narrow: of the layer's output, then of what is before each stage, down to its input
  T* sum;          // narrow: of a sublayer's result before dropout; d itself where nothing is dropped
  T* inner;        // wide: before GELU; in the place of the next two
  T* context;      // narrow
  T* projections;  // triple
  T* input;        // narrow: input of a linear layer, computed again for its update
  T* dropped[kLinears];  // the same after dropout, as wide as it; of output and of the first three in one place
  T* low[kLinears];      // of each update's narrow side
  int64_t elements;
};

template <class T>
static Gradients<T> gradients(const EncoderArgs& args, const EncoderLayer& layer, const EncoderGroup& group,
                              const Activations<T>& at) {
  RowArena<T> own{(T*)group.activations, saved_rows(group.rows)};
  Gradients<T> to{};
  to.d = group.d == nullptr ? own.take(at.narrow) : (T*)group.d;
  to.sum = own.take(at.narrow);
  to.input = own.take(at.narrow);
  for (int i = 0; i < kLinears; i++) to.low[i] = own.take(low_step(layer.update[i]));
  RowArena<T> others = own;
  for (int i = 0; i < kLinears; i++) {
    RowArena<T>& from = i == kOutput ? others : own;
    if (layer.update[i].rank > 0) to.dropped[i] = from.take(i == kOutput ? at.wide : at.narrow);
  }
  own.taken = others.taken = own.taken > others.taken ? own.taken : others.taken;
  to.inner = others.take(at.wide);
  to.context = own.take(at.narrow);
  to.projections = own.take(at.triple);
  to.elements = own.taken > others.taken ? own.taken : others.taken;
  return to;
}

/// What the forward pass has saved of a layer and group.
template <class T>
static Activations<T> saved_activations(const EncoderArgs& args, const EncoderLayer& layer, const EncoderGroup& group) {
  Activations<T> at{};
  set_steps(args, at);
  RowArena<T> saved = saved_memory<T>(args, layer, group);
  take_saved(layer, saved, at);
  return at;
}

template <class T>
static int64_t backward_bytes(const EncoderArgs& args, int64_t rows) {
  EncoderGroup group{};
  group.rows = rows;
  Activations<T> at{};
  set_steps(args, at);
  int64_t most = 0;
  for (int64_t i = 0; i < args.layer_count; i++) {
    const int64_t elements = gradients(args, args.layers[i], group, at).elements;
    most = elements > most ? elements : most;
  }
  return most * (int64_t)sizeof(T);
}

/// Floats of scratch memory for `update_gradient`.
template <class T>
static int64_t update_scratch(int64_t rank, int64_t rows) {
  const int64_t depth = round_up(rows, kPanel);
  const int64_t elements = depth * (round_up(rank, kPanel) + kPanel);
  return elements * (int64_t)sizeof(T) / 4 + panel_scratch(Rows<T>{nullptr, 0, rank, depth});
}

template <class T>
static int64_t backward_scratch(const EncoderArgs& args, int64_t rows) {
  int64_t most = linear_scratch<T>(args, rows);
  const auto need = [&](int64_t floats) { most = floats > most ? floats : most; };
  need(2 * round_up(args.hidden, kPanel));
  need(attention_scratch(args.longest, args.hidden / args.heads, true));
#if FIN_UNIT == FIN_TILES
  if (tiles_fit(args.hidden / args.heads)) need(tile_attention_grad_scratch(args.longest, args.hidden / args.heads));
#endif
  for (int64_t i = 0; i < args.layer_count; i++) {
    for (const LowRank& update : args.layers[i].update) need(update_scratch<T>(update.rank, rows));
  }
  return most;
}

/// Gradient through norm and dropout: d becomes that of the residual, `sum` that of the sublayer's result.
/// @param scratch two rows
template <class T>
static void norm_grad(const EncoderArgs& args, const EncoderGroup& group, const EncoderLayer& layer, Norm norm,
                      const Activations<T>& at, const Gradients<T>& to, Share rows, float* scratch) {
  const float* gamma = layer.gamma[norm];
  const DropoutSite site = norm == kAttentionNorm ? kDropAttended : kDropContracted;
  const Dropout& dropout = layer.dropout[site];
  float* g = scratch;
  for (int64_t row = rows.begin; row < rows.end; row++) {
    T* d = to.d + row * at.narrow;
    const T* normed = at.normed[norm] + row * at.narrow;
    vf sum_g = splat(0.0f), sum_gn = splat(0.0f);
    for (int64_t i = 0; i < at.columns; i += W) {
      const vf scaled = load(d + i) * load(gamma + i);
      store(g + i, scaled);
      sum_g += scaled;
      sum_gn = fma(scaled, load(normed + i), sum_gn);
    }
    const vf mean_g = splat(reduce_add(sum_g) / (float)args.hidden);
    const vf mean_gn = splat(-reduce_add(sum_gn) / (float)args.hidden);
    const vf rstd = splat(layer.rstd[norm][group.row + row]);
    const auto gradient_at = [&](int64_t i) { return fma(load(normed + i), mean_gn, load(g + i) - mean_g) * rstd; };
    if (dropout.on) {
      T* sum = to.sum + row * at.narrow;
      const uint16_t* kept = kept_of_group(layer, site, group, args.hidden) + row * kept_words(args.hidden);
      for (int64_t i = 0; i < at.columns; i += 2 * W) {
        const vf a = gradient_at(i), b = gradient_at(i + W);
        store_both(d + i, a, b);
        store_both(sum + i, drop_by_bits(a, dropout.scale, kept, i), drop_by_bits(b, dropout.scale, kept, i + W));
      }
    } else {
      for (int64_t i = 0; i < at.columns; i += 2 * W) store_both(d + i, gradient_at(i), gradient_at(i + W));
    }
  }
  clear_fill(args, to.d, at.narrow, rows);
  if (dropout.on) clear_fill(args, to.sum, at.narrow, rows);
}

/// Adds up the gradients of gamma and beta over the group's rows, for some panels of columns.
template <class T>
static void sum_norm(const EncoderArgs& args, const EncoderGroup& group, const EncoderLayer& layer, Norm norm,
                     const Activations<T>& at, const Gradients<T>& to, Share panels) {
  float* gamma = group.gradients + layer.trained_norm[norm].gradient;
  float* beta = gamma + round_up(args.hidden, kPanel);
  for (int64_t i = panels.begin * kPanel; i < panels.end * kPanel; i += W) {
    vf sum_gamma = splat(0.0f), sum_beta = splat(0.0f);
    for (int64_t row = 0; row < group.rows; row++) {
      const vf d = load(to.d + row * at.narrow + i);
      sum_gamma = fma(d, load(at.normed[norm] + row * at.narrow + i), sum_gamma);
      sum_beta += d;
    }
    store(gamma + i, sum_gamma);
    store(beta + i, sum_beta);
  }
}

template <class T>
static void attend_grad(const EncoderArgs& args, const EncoderGroup& group, const EncoderLayer& layer, const Activations<T>& at,
                        const Gradients<T>& to, Share tasks, float* scratch) {
  AttentionArgs attention = attention_args(args, group, layer, at);
  attention.dout = to.context;
  attention.dq = to.projections;
  attention.dk = to.projections + at.columns;
  attention.dv = to.projections + 2 * at.columns;
  each_task(
      args, group, layer, tasks,
      [&](const AttentionTask& task, auto& tiles) { attention_grad_by_tiles(attention, task, tiles, scratch); },
      [&](const AttentionTask& task) { attention_grad<T>(attention, task, scratch); });
}

FIN_INLINE vf gelu_slope_for(const float*, vf v) { return gelu_slope(v); }
FIN_INLINE vf gelu_slope_for(const bfloat16*, vf v) { return gelu_slope_low(v); }

/// out = (A B + add) gelu'(before)
template <class T>
struct TimesGeluSlope {
  T* out;
  int64_t step;
  const T* add;  // null for none
  const T* before;
  FIN_MEMBER void operator()(int64_t row, int64_t col, vf a, vf b) const {
    if (add != nullptr) {
      a += load(add + row * step + col);
      b += load(add + row * step + col + W);
    }
    const T* v = before + row * step + col;
    __builtin_prefetch(v + kPanel);  // for the next panel; saved long ago, and rows lie too far apart for the processor's own prefetcher
    store_both(out + row * step + col, a * gelu_slope_for(v, load(v)), b * gelu_slope_for(v, load(v + W)));
  }
};

/// gradient = lowᵀ of: [rank, columns], the sum over the group's rows, for a share of the columns.
/// @param low [rows, low_step]
/// @param of [rows, step]
template <class T>
static void update_gradient(const LowRank& update, const T* low, int64_t rows, const T* of, int64_t step, int64_t columns,
                            float* gradient, int64_t part, int64_t parts, float* scratch) {
  const Share panels(whole_panels(columns), part, parts);
  if (panels.begin == panels.end) return;
  const int64_t depth = round_up(rows, kPanel), all = low_step(update);
  T* turned = (T*)scratch;
  T* panel = turned + all * depth;
  float* sums = (float*)(panel + kPanel * depth);
  for (int64_t i = 0; i < all; i++) {
    for (int64_t row = 0; row < depth; row++) turned[i * depth + row] = row < rows ? low[row * all + i] : T{};
  }
  const Rows<T> a{turned, depth, update.rank, depth};
  for (int64_t p = panels.begin; p < panels.end; p++) {
    pack_columns(of + p * kPanel, step, rows, depth, panel);
    // One panel, whose columns begin at 0.
    multiply_panels(a, panel, 0, 1, sums, StoreFloats{gradient + p * kPanel, columns, columns - p * kPanel});
  }
}

/// Packs the input of query, key and value, which is the output of the layer below, or x.
template <class T>
static void keep_layer_input(const EncoderArgs& args, const EncoderGroup& group, const LinearGradients& to, int64_t number,
                             Share panels) {
  if (number > 0) {
    const EncoderLayer& below = args.layers[number - 1];
    return keep_x<T>(args, group, to, panels, output_of(below, kOutputNorm, saved_activations<T>(args, below, group)));
  }
  const auto rows_of = [&](const auto* x) {
    keep_x<T>(args, group, to, panels, [&](int64_t row, int64_t i) {
      return i < args.hidden ? load_up_to(x + (group.row + row) * args.hidden + i, args.hidden - i) : splat(0.0f);
    });
  };
  if (args.x_storage == kBFloat16) return rows_of((const bfloat16*)args.x);
  rows_of((const float*)args.x);
}

template <class T>
static void run_encoder_grad(const EncoderArgs& args, const EncoderGroup& group, EncoderGradStage stage, int64_t number,
                             int64_t part, int64_t parts, float* scratch) {
  const EncoderLayer& layer = args.layers[number];
  const Activations<T> at = saved_activations<T>(args, layer, group);
  Gradients<T> to = gradients(args, layer, group, at);
  const Share rows(group.rows, part, parts);
  const int64_t inner_columns = round_up(args.intermediate, kPanel);
  const Share panels(whole_panels(args.hidden), part, parts), inner_panels(whole_panels(args.intermediate), part, parts);

  /// The gradient of an update's narrow side, for the thread's rows.
  const auto lower_grad = [&](Linear which, const T* dy, int64_t step, int64_t columns) {
    const LowRank& update = layer.update[which];
    if (rows.begin == rows.end) return;
    const int64_t narrow = low_step(update);
    const Rows<T> a{dy + rows.begin * step, step, rows.end - rows.begin, round_up(columns, kPanel)};
    multiply_panels(a, update.b, 0, whole_panels(update.rank), scratch,
                    plain(to.low[which] + rows.begin * narrow, narrow, update.scaling));
  };
  /// The input of an update after dropout, for the thread's rows.
  const auto drop_input = [&](Linear which, const T* x, int64_t step, int64_t columns) {
    if (layer.dropout[kDropInput[which]].on) {
      drop_rows(UpdateInput<T>{x, step, columns}, layer, kDropInput[which], group, rows, to.dropped[which]);
    }
  };
  /// out = dropout(low A) + add, for the thread's panels.
  const auto raise_grad = [&](Linear which, T* out, int64_t step, int64_t columns, const T* add, Share own) {
    const DropoutSite site = kDropInput[which];
    const bool drops = layer.dropout[site].on;
    const int64_t narrow = low_step(layer.update[which]);
    const ScaleAndAdd<T> epilogue{out,
                                  step,
                                  1.0f,
                                  add,
                                  drops ? kept_of_group(layer, site, group, columns) : nullptr,
                                  kept_words(columns),
                                  layer.dropout[site].scale};
    multiply_panels(Rows<T>{to.low[which], narrow, group.rows, narrow}, layer.update[which].a, own.begin, own.end, scratch, epilogue);
  };
  /// The gradients of an update's factors, for a share of their columns.
  const auto update_grads = [&](Linear which, const T* x, int64_t step, int64_t columns, const T* dy, int64_t dy_step,
                                int64_t dy_columns) {
    const LowRank& update = layer.update[which];
    const T* input = layer.dropout[kDropInput[which]].on ? to.dropped[which] : x;
    update_gradient(update, to.low[which], group.rows, input, step, columns, group.gradients + update.a_gradient, part, parts,
                    scratch);
    update_gradient(update, at.low[which], group.rows, dy, dy_step, dy_columns, group.gradients + update.b_gradient, part, parts,
                    scratch);
  };
  /// input = normed gamma + beta, the output of a norm, for the thread's rows.
  const auto repeat_norm = [&](const EncoderLayer& of, Norm norm, const T* normed) {
    for (int64_t row = rows.begin; row < rows.end; row++) {
      const T* from = normed + row * at.narrow;
      for (int64_t i = 0; i < at.columns; i += 2 * W) {
        const vf a = fma(load(from + i), load(of.gamma[norm] + i), load(of.beta[norm] + i));
        const vf b = fma(load(from + i + W), load(of.gamma[norm] + i + W), load(of.beta[norm] + i + W));
        store_both(to.input + row * at.narrow + i, a, b);
      }
    }
  };
  /// d = dy W + add, for the thread's panels.
  const auto linear_grad = [&](Linear which, const T* dy, int64_t step, int64_t columns, T* out, int64_t out_step, const T* add,
                               Share own) {
    ScaleAndAdd<T> epilogue = plain(out, out_step, 1.0f);
    epilogue.add = add;
    multiply_weight(Rows<T>{dy, step, group.rows, columns}, layer, which, true, own.begin, own.end, scratch, epilogue);
  };
  const auto updated = [&](Linear which) { return layer.update[which].rank > 0; };

  switch (stage) {
    case kLoadGrad:
      return load_rows(args, group, (const T*)args.dy, to.d, at.narrow, rows);
    case kSumOutputNorm:
      return sum_norm(args, group, layer, kOutputNorm, at, to, panels);
    case kSumAttentionNorm:
      return sum_norm(args, group, layer, kAttentionNorm, at, to, panels);
    case kKeepOutput: {
      const T* before = at.before_gelu;
      keep_dy(args, group, layer.trained[kOutput], layer.dropout[kDropContracted].on ? to.sum : to.d, at.narrow, panels);
      return keep_x<T>(args, group, layer.trained[kOutput], inner_panels,
                       [&](int64_t row, int64_t i) { return gelu_for(before, load(before + row * at.wide + i)); });
    }
    case kKeepIntermediate:
      keep_dy(args, group, layer.trained[kIntermediate], to.inner, at.wide, inner_panels);
      return keep_x<T>(args, group, layer.trained[kIntermediate], panels, output_of(layer, kAttentionNorm, at));
    case kKeepAttentionOutput:
      keep_dy(args, group, layer.trained[kAttentionOutput], layer.dropout[kDropAttended].on ? to.sum : to.d, at.narrow, panels);
      return keep_x<T>(args, group, layer.trained[kAttentionOutput], panels,
                       [&](int64_t row, int64_t i) { return load(at.context + row * at.narrow + i); });
    case kKeepQueryKeyValue: {
      for (const Linear which : {kQuery, kKey, kValue}) {
        keep_dy(args, group, layer.trained[which], to.projections + which * at.columns, at.triple, panels);
      }
      for (const Linear which : {kQuery, kKey, kValue}) {
        if (!layer.trained[which].weight) continue;
        return keep_layer_input<T>(args, group, layer.trained[which], number, panels);
      }
      return;
    }
    case kNormOutputGrad:
      return norm_grad(args, group, layer, kOutputNorm, at, to, rows, scratch);
    case kLowerInnerGrad: {
      const T* dy = layer.dropout[kDropContracted].on ? to.sum : to.d;
      T* inner = to.dropped[kOutput];
      for (int64_t row = rows.begin; row < rows.end; row++) {
        const T* before = at.before_gelu + row * at.wide;
        for (int64_t i = 0; i < inner_columns; i += 2 * W) {
          T* out = inner + row * at.wide + i;
          store_both(out, gelu_for(out, load(before + i)), gelu_for(out, load(before + i + W)));
        }
      }
      drop_input(kOutput, inner, at.wide, args.intermediate);
      return lower_grad(kOutput, dy, at.narrow, args.hidden);
    }
    case kContractGrad: {
      const T* dy = layer.dropout[kDropContracted].on ? to.sum : to.d;
      const T* add = nullptr;
      if (updated(kOutput)) {
        update_grads(kOutput, to.dropped[kOutput], at.wide, args.intermediate, dy, at.narrow, args.hidden);
        raise_grad(kOutput, to.inner, at.wide, args.intermediate, nullptr, inner_panels);
        add = to.inner;
      }
      const TimesGeluSlope<T> epilogue{to.inner, at.wide, add, at.before_gelu};
      return multiply_weight(Rows<T>{dy, at.narrow, group.rows, at.columns}, layer, kOutput, true, inner_panels.begin,
                             inner_panels.end, scratch, epilogue);
    }
    case kLowerAttendedGrad:
      repeat_norm(layer, kAttentionNorm, at.normed[kAttentionNorm]);
      drop_input(kIntermediate, to.input, at.narrow, args.hidden);
      return lower_grad(kIntermediate, to.inner, at.wide, args.intermediate);
    case kExpandGrad:
      linear_grad(kIntermediate, to.inner, at.wide, inner_columns, to.d, at.narrow, to.d, panels);
      if (updated(kIntermediate)) {
        update_grads(kIntermediate, to.input, at.narrow, args.hidden, to.inner, at.wide, args.intermediate);
        raise_grad(kIntermediate, to.d, at.narrow, args.hidden, to.d, panels);
      }
      return;
    case kNormAttentionGrad:
      return norm_grad(args, group, layer, kAttentionNorm, at, to, rows, scratch);
    case kLowerContextGrad: {
      const T* dy = layer.dropout[kDropAttended].on ? to.sum : to.d;
      drop_input(kAttentionOutput, at.context, at.narrow, args.hidden);
      return lower_grad(kAttentionOutput, dy, at.narrow, args.hidden);
    }
    case kProjectAttentionGrad: {
      const T* dy = layer.dropout[kDropAttended].on ? to.sum : to.d;
      linear_grad(kAttentionOutput, dy, at.narrow, at.columns, to.context, at.narrow, nullptr, panels);
      if (updated(kAttentionOutput)) {
        update_grads(kAttentionOutput, at.context, at.narrow, args.hidden, dy, at.narrow, args.hidden);
        raise_grad(kAttentionOutput, to.context, at.narrow, args.hidden, to.context, panels);
      }
      return;
    }
    case kAttendGrad: {
      for (int64_t i = 0; i < 3; i++) clear_fill(args, to.projections + i * at.columns, at.triple, rows);
      return attend_grad(args, group, layer, at, to, Share((group.end - group.first) * args.heads, part, parts), scratch);
    }
    case kLowerInputGrad:
      if (number > 0) {
        const Activations<T> below = saved_activations<T>(args, args.layers[number - 1], group);
        repeat_norm(args.layers[number - 1], kOutputNorm, below.normed[kOutputNorm]);
      } else {
        load_input(args, group, to.input, at.narrow, rows);
      }
      for (const Linear which : {kQuery, kKey, kValue}) {
        if (!updated(which)) continue;
        drop_input(which, to.input, at.narrow, args.hidden);
        lower_grad(which, to.projections + which * at.columns, at.triple, args.hidden);
      }
      return;
    case kQueryKeyValueGrad:
      for (const Linear which : {kQuery, kKey, kValue}) {
        const T* dy = to.projections + which * at.columns;
        if (updated(which)) update_grads(which, to.input, at.narrow, args.hidden, dy, at.triple, args.hidden);
        if (number == 0 && args.dx == nullptr) continue;
        linear_grad(which, dy, at.triple, at.columns, to.d, at.narrow, to.d, panels);
        if (updated(which)) raise_grad(which, to.d, at.narrow, args.hidden, to.d, panels);
      }
      return;
    case kStoreGrad:
      return store_rows(args, group, to.d, at.narrow, (T*)args.dx, rows);
  }
}

template <class T>
static int64_t activation_bytes(const EncoderArgs& args, int64_t rows, bool backward) {
  return backward ? backward_bytes<T>(args, rows) : forward_bytes<T>(args, rows);
}

template <class T>
static int64_t encoder_scratch(const EncoderArgs& args, int64_t rows, bool backward) {
  return backward ? backward_scratch<T>(args, rows) : forward_scratch<T>(args, rows);
}

template <class T>
constexpr EncoderKernels encoder_table(const char* name) {
  return {name,           activation_bytes<T>, saved_columns<T>,         encoder_scratch<T>, run_encoder<T>,
          run_encoder_grad<T>, parameter_grad<T>,  parameter_scratch<T>,     pack_wide_panel<T>};
}
