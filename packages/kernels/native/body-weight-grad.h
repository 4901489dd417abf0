// The gradients of the linear layers' own weights and biases: products over the tokens of all groups, dyᵀ x. Included by isa-*.cc before
// body-encoder-grad.h; no include guard.
//
// While dy and x of a group are in its core's cache, both are written once more in the form that these products read. They have depth in
// common: the tokens of all groups, each group filled up with zeros to whole panels.

/// out = A B for the first `columns` columns
struct StoreFloats {
  float* out;
  int64_t step, columns;
  FIN_MEMBER void operator()(int64_t row, int64_t col, vf a, vf b) const {
    if (col < columns) store_up_to(out + row * step + col, a, columns - col);
    if (col + W < columns) store_up_to(out + row * step + col + W, b, columns - col - W);
  }
};

/// to = fromᵀ for 32 columns of some rows, with zeros up to whole panels of rows.
/// @param to_step elements from column to column of `from`
template <class T>
static void turn_columns(const T* from, int64_t step, int64_t rows, T* to, int64_t to_step) {
  for (int64_t row = 0; row < round_up(rows, kPanel); row += W) {
    for (int64_t col = 0; col < kPanel; col += W) {
      vf block[W];
      for (int64_t i = 0; i < W; i++) block[i] = row + i < rows ? load(from + (row + i) * step + col) : splat(0.0f);
      transpose(block);
      for (int64_t i = 0; i < W; i++) store(to + (col + i) * to_step + row, block[i]);
    }
  }
}

/// Transposes the gradient of a linear layer's output, for some panels of its columns.
template <class T>
static void keep_dy(const EncoderArgs& args, const EncoderGroup& group, const LinearGradients& to, const T* dy, int64_t step,
                    Share panels) {
  if (!to.weight && !to.bias) return;
  for (int64_t p = panels.begin; p < panels.end; p++) {
    turn_columns(dy + p * kPanel, step, group.rows, (T*)to.dy + p * kPanel * args.turned_step + group.depth, args.turned_step);
  }
}

/// Packs the input of a linear layer, for some panels of its columns.
/// @param value gives W columns of a row
template <class T, class Value>
static void keep_x(const EncoderArgs& args, const EncoderGroup& group, const LinearGradients& to, Share panels, const Value& value) {
  if (!to.weight) return;
  for (int64_t p = panels.begin; p < panels.end; p++) {
    T* panel = (T*)to.x + (p * args.depth + group.depth) * kPanel;
    for (int64_t row = 0; row < round_up(group.rows, kPanel); row += 2) {
      for (int64_t i = 0; i < kPanel; i += W) {
        const vf upper = row < group.rows ? value(row, p * kPanel + i) : splat(0.0f);
        const vf lower = row + 1 < group.rows ? value(row + 1, p * kPanel + i) : splat(0.0f);
        store_depths(panel + row * kPanel, i, upper, lower);
      }
    }
  }
}

/// The output of a norm, from what the forward pass has saved: a function of row and column.
template <class T>
static auto output_of(const EncoderLayer& layer, Norm norm, const Activations<T>& at) {
  const T* normed = at.normed[norm];
  const int64_t step = at.narrow;
  const float *gamma = layer.gamma[norm], *beta = layer.beta[norm];
  return [=](int64_t row, int64_t i) { return fma(load(normed + row * step + i), load(gamma + i), load(beta + i)); };
}

template <class T>
static int64_t parameter_scratch(const EncoderArgs& args, int64_t rows) {
  return panel_scratch(Rows<T>{nullptr, 0, rows, args.depth});
}

/// The gradient of a part of a linear layer's weight; and of its bias, if the part has the first columns.
template <class T>
static void parameter_grad(const EncoderArgs& args, const EncoderLayer& layer, Linear which, const WeightBlock& block,
                           float* scratch) {
  const LinearGradients& own = layer.trained[which];
  const int64_t in = which == kOutput ? args.intermediate : args.hidden;
  const T* dy = (const T*)own.dy + block.row * args.turned_step;
  for (int64_t row = block.row; own.bias && block.panel == 0 && row < block.end; row++) {
    const T* turned = (const T*)own.dy + row * args.turned_step;
    vf sum = splat(0.0f);
    for (int64_t i = 0; i < args.depth; i += W) sum += load(turned + i);
    own.bias_gradient[row] = reduce_add(sum);
  }
  if (!own.weight) return;
  const Rows<T> a{dy, args.turned_step, block.end - block.row, args.depth};
  multiply_panels(a, own.x, block.panel, block.last, scratch, StoreFloats{own.weight_gradient + block.row * in, in, in});
}
