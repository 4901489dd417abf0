// An LSTM over whole sequences, forward and backward. Included by isa-*.cc; no include guard.
//
// Each sum of a product runs over its terms in order, whatever the instruction set and the number of threads.

constexpr int64_t kLstmVectors = kLstmCols / W;
/// Examples that are computed together; as many sums as registers allow.
constexpr int64_t kLstmRows = FIN_BYTES == 64 ? 8 : 4;

struct LstmSums {
  vf at[kLstmRows][kLstmVectors];
};

/// Rows of a matrix, one per example; the last one repeats where there are fewer.
struct LstmRows {
  const float* at[kLstmRows];
};

FIN_INLINE LstmRows lstm_rows(const float* first, int64_t step, int64_t count) {
  LstmRows rows;
  for (int64_t r = 0; r < kLstmRows; r++) rows.at[r] = first + (r < count ? r : count - 1) * step;
  return rows;
}

/// Adds a[r][0 … depth) times a panel of b to the sums.
FIN_INLINE void lstm_product(LstmSums& sums, const LstmRows& a, int64_t depth, const float* b) {
  for (int64_t k = 0; k < depth; k++, b += kLstmCols) {
    vf row[kLstmVectors];
    for (int64_t v = 0; v < kLstmVectors; v++) row[v] = load(b + v * W);
#pragma GCC unroll 8
    for (int64_t r = 0; r < kLstmRows; r++) {
      const vf factor = splat(a.at[r][k]);
      for (int64_t v = 0; v < kLstmVectors; v++) sums.at[r][v] = fma(factor, row[v], sums.at[r][v]);
    }
  }
}

/// Stores the sums of the first `count` rows, each `step` after the other.
FIN_INLINE void lstm_store(const LstmSums& sums, int64_t count, float* out, int64_t step) {
#pragma GCC unroll 8
  for (int64_t r = 0; r < kLstmRows; r++) {
    if (r >= count) return;
    for (int64_t v = 0; v < kLstmVectors; v++) store(out + r * step + v * W, sums.at[r][v]);
  }
}

/// The product alone: rows [count, cols) of a b, each `out_step` after the other.
static void lstm_multiply(const LstmRows& a, int64_t depth, const float* b, int64_t cols, int64_t count, float* out,
                          int64_t out_step) {
  for (int64_t col = 0; col < cols; col += kLstmCols) {
    LstmSums sums = {};
    lstm_product(sums, a, depth, b + col * depth);
    lstm_store(sums, count, out + col, out_step);
  }
}

static void lstm_drop_row(const LstmArgs& args, const Dropout& dropout, int64_t row, const float* from, float* to, float* scratch) {
  const uint32_t* words = dropout_words(dropout, drawn_row(dropout, row) * args.hidden, args.hidden, (uint32_t*)scratch);
  for (int64_t j = 0; j < args.hidden; j += W) {
    const vf dropped = drop(dropout, load(from + j), words + j);
    store(to + j, dropped);
  }
  // Lanes beyond the real size belong to the next row of the mask; what they keep is 0 as it was.
}

static int64_t lstm_scratch(const LstmArgs& args) { return dropout_words_size(args.hidden) + 2 * kLstmRows * args.width; }

/// One time step of up to kLstmRows examples.
static void lstm_step(const LstmArgs& args, const LstmLayer& layer, int64_t time, int64_t begin, int64_t count) {
  const int64_t width = args.width, row = time * args.batch + begin;
  const LstmRows inputs = lstm_rows(layer.inputs + row * layer.input_step, layer.input_step, count);
  const bool first = time == 0;
  const LstmRows before = lstm_rows(layer.hidden + (first ? row : row - args.batch) * width, width, count);
  for (int64_t col = 0; col < 4 * width; col += kLstmCols) {
    LstmSums sums;
#pragma GCC unroll 8
    for (int64_t r = 0; r < kLstmRows; r++) {
      for (int64_t v = 0; v < kLstmVectors; v++) sums.at[r][v] = load(layer.bias + col + v * W);
    }
    lstm_product(sums, inputs, layer.input, layer.input_weights + col * layer.input);
    if (!first) lstm_product(sums, before, args.hidden, layer.recurrent_weights + col * args.hidden);
    lstm_store(sums, count, layer.gates + row * 4 * width + col, 4 * width);
  }
  for (int64_t r = row; r < row + count; r++) {
    float* const gates = layer.gates + r * 4 * width;
    for (int64_t j = 0; j < 2 * width; j += W) store(gates + j, sigmoid(load(gates + j)));
    for (int64_t j = 2 * width; j < 3 * width; j += W) store(gates + j, tanh(load(gates + j)));
    for (int64_t j = 3 * width; j < 4 * width; j += W) store(gates + j, sigmoid(load(gates + j)));
  }
  for (int64_t r = row; r < row + count; r++) {
    const float* const gates = layer.gates + r * 4 * width;
    for (int64_t j = 0; j < width; j += W) {
      vf cell = load(gates + j) * load(gates + 2 * width + j);
      if (!first) cell = fma(load(gates + width + j), load(layer.cells + (r - args.batch) * width + j), cell);
      const vf squashed = tanh(cell);
      store(layer.cells + r * width + j, cell);
      store(layer.squashed + r * width + j, squashed);
      store(layer.hidden + r * width + j, load(gates + 3 * width + j) * squashed);
    }
  }
}

/// Copies rows between arrays whose rows have other lengths; numbers that have no source become 0.
FIN_INLINE void lstm_copy(const float* from, int64_t from_size, float* to, int64_t to_size) {
  for (int64_t j = 0; j < to_size; j += W) store_up_to(to + j, load_up_to(from + j, from_size - j), to_size - j);
}

static void lstm(const LstmArgs& args, int64_t begin, int64_t end, float* scratch) {
  for (int64_t example = begin; example < end; example++) {
    const LstmLayer& layer = args.layers[0];
    for (int64_t time = 0; time < args.time; time++) {
      lstm_copy(args.x + (example * args.time + time) * layer.input, layer.input,
                layer.inputs + (time * args.batch + example) * layer.input_step, layer.input_step);
    }
  }
  for (int64_t i = 0; i < args.layer_count; i++) {
    const LstmLayer& layer = args.layers[i];
    for (int64_t time = 0; time < args.time; time++) {
      if (layer.dropout.on) {
        for (int64_t row = time * args.batch + begin; row < time * args.batch + end; row++) {
          const float* const lower = args.layers[i - 1].hidden + row * args.width;
          lstm_drop_row(args, layer.dropout, row, lower, layer.inputs + row * layer.input_step, scratch);
          for (int64_t j = round_up(args.hidden, W); j < layer.input_step; j += W) store(layer.inputs + row * layer.input_step + j, vf{});
        }
      }
      for (int64_t at = begin; at < end; at += kLstmRows) {
        lstm_step(args, layer, time, at, end - at < kLstmRows ? end - at : kLstmRows);
      }
    }
    const int64_t last = (args.time - 1) * args.batch;
    for (int64_t example = begin; example < end; example++) {
      lstm_copy(layer.hidden + (last + example) * args.width, args.hidden, layer.last_hidden + example * args.hidden, args.hidden);
      lstm_copy(layer.cells + (last + example) * args.width, args.hidden, layer.last_cell + example * args.hidden, args.hidden);
    }
  }
  const LstmLayer& top = args.layers[args.layer_count - 1];
  for (int64_t example = begin; example < end; example++) {
    for (int64_t time = 0; time < args.time; time++) {
      lstm_copy(top.hidden + (time * args.batch + example) * args.width, args.hidden,
                args.output + (example * args.time + time) * args.hidden, args.hidden);
    }
  }
}

/// Gradients of one row's gates from those of its hidden state and of its cell; the latter becomes that of the cell before.
FIN_INLINE void lstm_row_grad(const LstmArgs& args, const LstmLayer& layer, int64_t row, bool first, const float* d_hidden,
                              float* d_cell) {
  const int64_t width = args.width;
  const float* const gates = layer.gates + row * 4 * width;
  float* const d_gates = layer.d_gates + row * 4 * width;
  for (int64_t j = 0; j < width; j += W) {
    const vf input = load(gates + j), forget = load(gates + width + j), candidate = load(gates + 2 * width + j);
    const vf output = load(gates + 3 * width + j), squashed = load(layer.squashed + row * width + j);
    const vf before = first ? vf{} : load(layer.cells + (row - args.batch) * width + j);
    const vf dh = load(d_hidden + j);
    const vf dc = fma((1.0f - squashed * squashed) * dh, output, load(d_cell + j));
    store(d_gates + j, input * (1.0f - input) * dc * candidate);
    store(d_gates + width + j, forget * (1.0f - forget) * dc * before);
    store(d_gates + 2 * width + j, (1.0f - candidate * candidate) * dc * input);
    store(d_gates + 3 * width + j, output * (1.0f - output) * dh * squashed);
    store(d_cell + j, dc * forget);
  }
}

/// Backward through one layer for up to kLstmRows examples. `upper` is the layer above; null for the top.
static void lstm_layer_grad(const LstmArgs& args, const LstmLayer& layer, const LstmLayer* upper, int64_t begin, int64_t count,
                            float* scratch) {
  const int64_t width = args.width;
  float* const d_hidden = scratch + dropout_words_size(args.hidden);
  float* const d_cell = d_hidden + kLstmRows * width;
  for (int64_t r = 0; r < count; r++) {
    const auto copy_state = [&](const float* from, float* to) {
      if (from != nullptr) return lstm_copy(from + (begin + r) * args.hidden, args.hidden, to + r * width, width);
      for (int64_t j = 0; j < width; j += W) store(to + r * width + j, splat(0.0f));
    };
    copy_state(layer.last_hidden, d_hidden);
    copy_state(layer.last_cell, d_cell);
  }
  for (int64_t time = args.time - 1; time >= 0; time--) {
    const int64_t row = time * args.batch + begin;
    for (int64_t r = 0; r < count; r++) {
      float* const sum = d_hidden + r * width;
      const float* outside = args.output == nullptr ? nullptr : args.output + ((begin + r) * args.time + time) * args.hidden;
      int64_t size = args.hidden;
      if (upper != nullptr) {
        float* const from_upper = upper->d_inputs + (row + r) * width;
        if (upper->dropout.on) lstm_drop_row(args, upper->dropout, row + r, from_upper, from_upper, scratch);
        outside = from_upper;
        size = width;
      }
      for (int64_t j = 0; outside != nullptr && j < width; j += W) {
        store(sum + j, load(sum + j) + load_up_to(outside + j, size - j));
      }
      lstm_row_grad(args, layer, row + r, time == 0, sum, d_cell + r * width);
    }
    const LstmRows d_gates = lstm_rows(layer.d_gates + row * 4 * width, 4 * width, count);
    if (time > 0) lstm_multiply(d_gates, 4 * width, layer.recurrent_weights, width, count, d_hidden, width);
    if (layer.d_inputs != nullptr) {
      float* const d_inputs = layer.d_inputs + row * layer.input_step;
      lstm_multiply(d_gates, 4 * width, layer.input_weights, layer.input_step, count, d_inputs, layer.input_step);
    }
  }
}

static void lstm_grad(const LstmArgs& args, int64_t begin, int64_t end, float* scratch) {
  for (int64_t i = args.layer_count - 1; i >= 0; i--) {
    const LstmLayer* const upper = i + 1 < args.layer_count ? &args.layers[i + 1] : nullptr;
    for (int64_t at = begin; at < end; at += kLstmRows) {
      lstm_layer_grad(args, args.layers[i], upper, at, end - at < kLstmRows ? end - at : kLstmRows, scratch);
    }
  }
  if (args.d_x == nullptr) return;
  const LstmLayer& layer = args.layers[0];
  for (int64_t example = begin; example < end; example++) {
    for (int64_t time = 0; time < args.time; time++) {
      lstm_copy(layer.d_inputs + (time * args.batch + example) * layer.input_step, layer.input,
                args.d_x + (example * args.time + time) * layer.input, layer.input);
    }
  }
}

/// Sums over rows: kLstmGradRows gates, which lie together, times kLstmCols columns of b.
FIN_INLINE void lstm_outer(const float* gates, const float* b, int64_t b_step, int64_t rows,
                           vf (&sums)[kLstmGradRows][kLstmVectors]) {
  for (int64_t row = 0; row < rows; row++, gates += kLstmGradRows, b += b_step) {
    vf factor[kLstmVectors];
    for (int64_t v = 0; v < kLstmVectors; v++) factor[v] = load(b + v * W);
#pragma GCC unroll 8
    for (int64_t r = 0; r < kLstmGradRows; r++) {
      const vf gate = splat(gates[r]);
      for (int64_t v = 0; v < kLstmVectors; v++) sums[r][v] = fma(gate, factor[v], sums[r][v]);
    }
  }
}

/// `count` rows of a weight's gradient, [count, cols].
static void lstm_outer_rows(const float* gates, const float* b, int64_t b_step, int64_t rows, int64_t count, float* out,
                            int64_t cols) {
  for (int64_t col = 0; col < cols; col += kLstmCols) {
    vf sums[kLstmGradRows][kLstmVectors] = {};
    lstm_outer(gates, b + col, b_step, rows, sums);
    for (int64_t r = 0; r < count; r++) {
      for (int64_t v = 0; v < kLstmVectors; v++) {
        const int64_t at = col + v * W;
        store_up_to(out + r * cols + at, sums[r][v], cols - at);
      }
    }
  }
}

static void lstm_weight_grad(const LstmArgs& args, const LstmLayer& layer, int64_t begin, float* d_input, float* d_recurrent,
                             float* d_bias, float* scratch) {
  const int64_t width = args.width, rows = args.time * args.batch;
  const int64_t gate = begin / width, unit = begin % width;
  const int64_t count = args.hidden - unit < kLstmGradRows ? args.hidden - unit : kLstmGradRows;
  if (count <= 0) return;
  float total[kLstmGradRows] = {};
  for (int64_t row = 0; row < rows; row++) {
    for (int64_t r = 0; r < kLstmGradRows; r++) {
      const float value = layer.d_gates[row * 4 * width + begin + r];
      scratch[row * kLstmGradRows + r] = value;
      total[r] += value;
    }
  }
  const int64_t target = gate * args.hidden + unit;  // row of the weights
  for (int64_t r = 0; r < count; r++) d_bias[target + r] = total[r];
  lstm_outer_rows(scratch, layer.inputs, layer.input_step, rows, count, d_input + target * layer.input, layer.input);
  // The first time step comes from a state of zeros.
  lstm_outer_rows(scratch + args.batch * kLstmGradRows, layer.hidden, width, rows - args.batch, count,
                  d_recurrent + target * args.hidden, args.hidden);
}
