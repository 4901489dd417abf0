// FinLstm: all layers and time steps of an LSTM.  FinLstmGrad: its gradients.

#include "cpu.h"
#include "op.h"
#include "pool.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

namespace fin {
namespace {

/// Work per task. Waking another thread takes as long as a few million operations, so two tasks of half as much gain nothing.
constexpr int64_t kOperationsPerTask = 8 << 20;

/// Weights of a layer: input weights, recurrent weights, and their two biases.
constexpr int64_t kWeights = 4;

constexpr const char* kNames[kWeights] = {"weight_ih", "weight_hh", "bias_ih", "bias_hh"};

int64_t padded(int64_t size) { return (size + kLstmCols - 1) / kLstmCols * kLstmCols; }

struct LstmAttributes {
  int64_t layers, seeds, weights;
  DropoutAttributes dropout;
  bool flag;  // forward: save; backward: input_grad
};

void* create(TF_OpKernelConstruction* construction, const char* flag) {
  Attributes read(construction);
  return new LstmAttributes{read.integer("L"), read.integer("S"), read.integer("N"), {read.real("rate"), read.real("keep_scale")}, read.boolean(flag)};
}

void* create_forward(TF_OpKernelConstruction* construction) { return create(construction, "save"); }
void* create_backward(TF_OpKernelConstruction* construction) { return create(construction, "input_grad"); }
void destroy(void* attributes) { delete static_cast<LstmAttributes*>(attributes); }

/// The tensors of one call, and its layers.
struct Lstm {
  explicit Lstm(Call& call, const LstmAttributes& attributes) : call(call), attributes(attributes) {}

  const Tensor& input(int64_t index) {
    tensors.push_back(std::make_unique<Tensor>());
    call.input(static_cast<int>(index), *tensors.back());
    return *tensors.back();
  }

  Tensor& output(int64_t index, const std::vector<int64_t>& shape) {
    tensors.push_back(std::make_unique<Tensor>());
    call.output(static_cast<int>(index), *tensors.back(), TF_FLOAT, shape);
    return *tensors.back();
  }

  float* temporary(int64_t floats) {
    tensors.push_back(std::make_unique<Tensor>());
    return call.temporary(*tensors.back(), floats);
  }

  Call& call;
  const LstmAttributes& attributes;
  std::vector<std::unique_ptr<Tensor>> tensors;
  std::vector<LstmLayer> layers;
  LstmArgs args{};
  int64_t rows = 0;
};

void expect_shape(Call& call, const Tensor& tensor, const std::string& name, const std::vector<int64_t>& shape) {
  if (!call.ok() || tensor.shape() == shape) return;
  std::string wanted;
  for (const int64_t dim : shape) wanted += (wanted.empty() ? "" : ", ") + std::to_string(dim);
  call.fail(name + " has the shape " + tensor.shape_text() + " where [" + wanted + "] is needed");
}

/// The data of a state [batch, hidden], or null for an empty vector, which stands for zeros.
float* optional_state(Call& call, const Tensor& tensor, const std::string& name, const LstmArgs& args) {
  if (!call.ok() || (tensor.rank() == 1 && tensor.dim(0) == 0)) return nullptr;
  expect_shape(call, tensor, name, {args.batch, args.hidden});
  return call.ok() ? tensor.data<float>() : nullptr;
}

/// Sets the sizes from the shape [batch, time, …] and the hidden size.
void set_sizes(Lstm& lstm, const std::vector<int64_t>& shape, int64_t hidden) {
  LstmArgs& args = lstm.args;
  args.batch = shape[0];
  args.time = shape[1];
  args.hidden = hidden;
  args.width = padded(hidden);
  lstm.rows = args.batch * args.time;
  lstm.layers.resize(static_cast<size_t>(lstm.attributes.layers));
  args.layers = lstm.layers.data();
  args.layer_count = lstm.attributes.layers;
}

/// Reads the weights from input `first` on, `per_layer` of kNames for each layer, and the seeds before them.
/// @return the weights
std::vector<const Tensor*> read_weights(Lstm& lstm, int64_t seeds, int64_t first, int64_t per_layer, int64_t input) {
  const LstmAttributes& attributes = lstm.attributes;
  const bool drops = attributes.dropout.rate != 0.0f;
  lstm.call.expect(attributes.seeds == (drops ? attributes.layers - 1 : 0), [&] {
    return "there are " + std::to_string(attributes.seeds) + " seeds for " + std::to_string(attributes.layers) + " layers";
  });
  lstm.call.expect(attributes.weights == kWeights * attributes.layers, [&] {
    return "there are " + std::to_string(attributes.weights) + " weights for " + std::to_string(attributes.layers) + " layers";
  });
  std::vector<const Tensor*> weights;
  for (int64_t i = 0; lstm.call.ok() && i < attributes.layers; i++) {
    LstmLayer& layer = lstm.layers[static_cast<size_t>(i)];
    layer.input = i == 0 ? input : lstm.args.hidden;
    layer.input_step = padded(layer.input);
    if (drops && i > 0) layer.dropout = read_dropout(lstm.call, attributes.dropout, lstm.input(seeds + i - 1), lstm.rows);
    for (int64_t k = 0; lstm.call.ok() && k < per_layer; k++) {
      const Tensor& tensor = lstm.input(first + i * per_layer + k);
      if (!lstm.call.ok()) break;
      std::vector<int64_t> shape{4 * lstm.args.hidden};
      if (k < 2) shape.push_back(k == 0 ? layer.input : lstm.args.hidden);
      expect_shape(lstm.call, tensor, std::string(kNames[k]) + "_l" + std::to_string(i), shape);
      weights.push_back(&tensor);
    }
  }
  return weights;
}

/// Whether a layer's inputs are an array of their own, and not the hidden states of the layer below.
bool has_inputs(const LstmLayer& layer, size_t index) { return index == 0 || layer.dropout.on; }

int64_t saved_floats(const Lstm& lstm) {
  int64_t total = 0;
  for (size_t i = 0; i < lstm.layers.size(); i++) {
    const LstmLayer& layer = lstm.layers[i];
    total += lstm.rows * ((has_inputs(layer, i) ? layer.input_step : 0) + 7 * lstm.args.width);
  }
  return total;
}

void divide_saved(Lstm& lstm, float* at) {
  const int64_t width = lstm.args.width;
  const auto take = [&](int64_t row) {
    float* const begin = at;
    at += lstm.rows * row;
    return begin;
  };
  for (size_t i = 0; i < lstm.layers.size(); i++) {
    LstmLayer& layer = lstm.layers[i];
    layer.inputs = has_inputs(layer, i) ? take(layer.input_step) : lstm.layers[i - 1].hidden;
    layer.gates = take(4 * width);
    layer.cells = take(width);
    layer.squashed = take(width);
    layer.hidden = take(width);
  }
}

/// [4 * hidden, cols] to panels of [cols, 4 * width]
void transpose_gates(const float* from, int64_t hidden, int64_t width, int64_t cols, float* to) {
  if (width != hidden) std::fill_n(to, cols * 4 * width, 0.0f);
  for (int64_t gate = 0; gate < 4; gate++) {
    for (int64_t unit = 0; unit < hidden; unit++) {
      const float* const row = from + (gate * hidden + unit) * cols;
      const int64_t target = gate * width + unit;
      float* const lane = to + target / kLstmCols * kLstmCols * cols + target % kLstmCols;
      for (int64_t col = 0; col < cols; col++) lane[col * kLstmCols] = row[col];
    }
  }
}

/// [4 * hidden, cols] to panels of [4 * width, step]
void widen_gates(const float* from, int64_t hidden, int64_t width, int64_t cols, int64_t step, float* to) {
  if (width != hidden || step != cols) std::fill_n(to, 4 * width * step, 0.0f);
  for (int64_t gate = 0; gate < 4; gate++) {
    for (int64_t unit = 0; unit < hidden; unit++) {
      const float* const row = from + (gate * hidden + unit) * cols;
      for (int64_t col = 0; col < cols; col += kLstmCols) {
        std::copy_n(row + col, std::min(kLstmCols, cols - col), to + col * 4 * width + (gate * width + unit) * kLstmCols);
      }
    }
  }
}

/// Runs f(begin, end, scratch) for parts of the examples. @return false if out of memory
template <class F>
bool over_examples(const Lstm& lstm, const F& f) {
  const LstmArgs& args = lstm.args;
  int64_t operations = 1;
  for (const LstmLayer& layer : lstm.layers) operations += 8 * args.time * args.width * (layer.input + args.hidden);
  // Whole tiles of examples.
  const int64_t part = padded(std::max<int64_t>(1, kOperationsPerTask / operations));
  std::atomic<bool> memory{true};
  const int64_t floats = kernels().lstm_scratch(args);
  parallel_for((args.batch + part - 1) / part, [&](int64_t task) {
    float* const scratch = thread_scratch(floats);
    if (scratch == nullptr) {
      memory = false;
      return;
    }
    f(task * part, std::min(args.batch, (task + 1) * part), scratch);
  });
  return memory;
}

void compute(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<LstmAttributes*>(kernel);
  Call call(context, "FinLstm");
  Lstm lstm(call, attributes);
  const int64_t count = attributes.layers;
  const Tensor& x = lstm.input(0);
  if (!call.ok()) return;
  call.expect(x.rank() == 3 && x.dim(1) > 0, [&] {
    return "x has the shape " + x.shape_text() + " where [batch, time, input] with at least one time step is needed";
  });
  const int64_t first = 1 + attributes.seeds;
  const Tensor& recurrent = lstm.input(first + 1);
  if (!call.ok()) return;
  call.expect(recurrent.rank() == 2 && recurrent.dim(1) > 0, [&] { return "weight_hh_l0 has the shape " + recurrent.shape_text(); });
  if (!call.ok()) return;
  set_sizes(lstm, x.shape(), recurrent.dim(1));
  const auto weights = read_weights(lstm, 1, first, kWeights, x.dim(2));
  if (!call.ok()) return;
  LstmArgs& args = lstm.args;
  const int64_t width = args.width;
  args.x = x.data<float>();
  args.output = lstm.output(0, {args.batch, args.time, args.hidden}).data<float>();
  if (!call.ok()) return;
  for (int64_t i = 0; call.ok() && i < count; i++) {
    LstmLayer& layer = lstm.layers[static_cast<size_t>(i)];
    const auto weight = [&](int64_t k) { return weights[static_cast<size_t>(i * kWeights + k)]->data<float>(); };
    const Tensor& hidden = lstm.output(1 + i, {args.batch, args.hidden});
    const Tensor& cell = lstm.output(1 + count + i, {args.batch, args.hidden});
    float* const packed = lstm.temporary(4 * width * (layer.input + args.hidden + 1));
    if (!call.ok()) return;
    layer.last_hidden = hidden.data<float>();
    layer.last_cell = cell.data<float>();
    transpose_gates(weight(0), args.hidden, width, layer.input, packed);
    layer.input_weights = packed;
    float* const recurrent_weights = packed + 4 * width * layer.input;
    transpose_gates(weight(1), args.hidden, width, args.hidden, recurrent_weights);
    layer.recurrent_weights = recurrent_weights;
    float* const bias = recurrent_weights + 4 * width * args.hidden;
    std::fill_n(bias, 4 * width, 0.0f);
    for (int64_t j = 0; j < 4 * args.hidden; j++) {
      bias[j / args.hidden * width + j % args.hidden] = weight(2)[j] + weight(3)[j];
    }
    layer.bias = bias;
  }
  const int64_t floats = saved_floats(lstm);
  const Tensor& saved = lstm.output(1 + 2 * count, {attributes.flag ? floats : 0});
  float* const memory = attributes.flag ? (call.ok() ? saved.data<float>() : nullptr) : lstm.temporary(floats);
  if (!call.ok() || args.batch == 0) return;
  divide_saved(lstm, memory);
  const auto run = kernels().lstm;
  if (!over_examples(lstm, [&](int64_t begin, int64_t end, float* scratch) { run(args, begin, end, scratch); })) {
    call.fail("out of memory", TF_RESOURCE_EXHAUSTED);
  }
}

void compute_grad(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<LstmAttributes*>(kernel);
  Call call(context, "FinLstmGrad");
  Lstm lstm(call, attributes);
  const int64_t count = attributes.layers;
  const Tensor& d_output = lstm.input(0);
  const Tensor& saved = lstm.input(1 + 2 * count);
  const int64_t first = 2 + 2 * count + attributes.seeds;
  const Tensor& input_weights = lstm.input(first);
  if (!call.ok()) return;
  const Tensor& recurrent = lstm.input(first + 1);
  if (!call.ok()) return;
  call.expect(recurrent.rank() == 2 && recurrent.dim(1) > 0, [&] { return "weight_hh_l0 has the shape " + recurrent.shape_text(); });
  if (!call.ok()) return;
  call.expect(d_output.rank() == 3 && d_output.dim(1) > 0 && (d_output.dim(2) == 0 || d_output.dim(2) == recurrent.dim(1)), [&] {
    return "the gradient of the output has the shape " + d_output.shape_text() + " where [batch, time, " +
           std::to_string(recurrent.dim(1)) + "] or [batch, time, 0] is needed";
  });
  call.expect(input_weights.rank() == 2, [&] { return "weight_ih_l0 has the shape " + input_weights.shape_text(); });
  if (!call.ok()) return;
  set_sizes(lstm, d_output.shape(), recurrent.dim(1));
  const int64_t input = input_weights.dim(1);
  const auto weights = read_weights(lstm, 2 + 2 * count, first, 2, input);
  if (!call.ok()) return;
  LstmArgs& args = lstm.args;
  const int64_t width = args.width, floats = saved_floats(lstm);
  expect_shape(call, saved, "saved", {floats});
  if (!call.ok()) return;
  const bool input_grad = attributes.flag;
  args.output = d_output.data<float>();
  const Tensor& d_x = lstm.output(0, input_grad ? std::vector<int64_t>{args.batch, args.time, input} : std::vector<int64_t>{0});
  if (!call.ok()) return;
  args.d_x = input_grad ? d_x.data<float>() : nullptr;
  std::vector<float*> gradients;
  for (int64_t i = 0; i < count; i++) {
    LstmLayer& layer = lstm.layers[static_cast<size_t>(i)];
    const Tensor& d_hidden = lstm.input(1 + i);
    const Tensor& d_cell = lstm.input(1 + count + i);
    layer.last_hidden = optional_state(call, d_hidden, "the gradient of h_" + std::to_string(i), args);
    layer.last_cell = optional_state(call, d_cell, "the gradient of c_" + std::to_string(i), args);
    for (int64_t k = 0; call.ok() && k < kWeights; k++) {
      std::vector<int64_t> shape{4 * args.hidden};
      if (k < 2) shape.push_back(k == 0 ? layer.input : args.hidden);
      const Tensor& gradient = lstm.output(1 + i * kWeights + k, shape);
      if (call.ok()) gradients.push_back(gradient.data<float>());
    }
    const bool inputs = i > 0 || input_grad;
    const int64_t packed = 4 * width * (width + (inputs ? layer.input_step : 0));
    const int64_t rows = lstm.rows * (4 * width + (inputs ? layer.input_step : 0));
    float* memory = lstm.temporary(packed + rows);
    if (!call.ok()) return;
    widen_gates(weights[static_cast<size_t>(2 * i + 1)]->data<float>(), args.hidden, width, args.hidden, width, memory);
    layer.recurrent_weights = memory;
    memory += 4 * width * width;
    if (inputs) {
      widen_gates(weights[static_cast<size_t>(2 * i)]->data<float>(), args.hidden, width, layer.input, layer.input_step, memory);
      layer.input_weights = memory;
      memory += 4 * width * layer.input_step;
    }
    layer.d_gates = memory;
    if (inputs) layer.d_inputs = memory + lstm.rows * 4 * width;
  }
  if (args.batch == 0) {
    for (size_t i = 0; i < gradients.size(); i++) {
      const int64_t cols = i % kWeights == 0 ? lstm.layers[i / kWeights].input : i % kWeights == 1 ? args.hidden : 1;
      std::fill_n(gradients[i], 4 * args.hidden * cols, 0.0f);
    }
    return;
  }
  divide_saved(lstm, saved.data<float>());
  const auto run = kernels().lstm_grad;
  if (!over_examples(lstm, [&](int64_t begin, int64_t end, float* scratch) { run(args, begin, end, scratch); })) {
    return call.fail("out of memory", TF_RESOURCE_EXHAUSTED);
  }
  // Rows of gates, by layer.
  const int64_t tiles = 4 * width / kLstmGradRows;
  const int64_t operations = 1 + 2 * kLstmGradRows * lstm.rows * (args.hidden + input);
  const int64_t part = std::max<int64_t>(1, kOperationsPerTask / operations);
  const auto weight_grad = kernels().lstm_weight_grad;
  std::atomic<bool> memory{true};
  parallel_for((count * tiles + part - 1) / part, [&](int64_t task) {
    float* const scratch = thread_scratch(kLstmGradRows * lstm.rows);
    if (scratch == nullptr) {
      memory = false;
      return;
    }
    for (int64_t tile = task * part; tile < std::min(count * tiles, (task + 1) * part); tile++) {
      float* const* const out = gradients.data() + tile / tiles * kWeights;
      const LstmLayer& layer = lstm.layers[static_cast<size_t>(tile / tiles)];
      weight_grad(args, layer, tile % tiles * kLstmGradRows, out[0], out[1], out[2], scratch);
    }
  });
  if (!memory) return call.fail("out of memory", TF_RESOURCE_EXHAUSTED);
  for (int64_t i = 0; i < count; i++) {
    std::copy_n(gradients[static_cast<size_t>(i * kWeights + 2)], 4 * args.hidden, gradients[static_cast<size_t>(i * kWeights + 3)]);
  }
}

}  // namespace

std::string register_lstm() {
  const std::string problem = register_op({
      "FinLstm",
      {"L: int >= 1", "S: int >= 0", "N: int >= 0", "rate: float = 0.0", "keep_scale: float = 1.0", "save: bool"},
      {"x: float", "seeds: S * int32", "weights: N * float"},
      {"output: float", "hidden: L * float", "cell: L * float", "saved: float"},
      &create_forward,
      &compute,
      &destroy,
  });
  if (!problem.empty()) return problem;
  return register_op({
      "FinLstmGrad",
      {"L: int >= 1", "S: int >= 0", "M: int >= 0", "N: int >= 0", "rate: float = 0.0", "keep_scale: float = 1.0",
       "input_grad: bool"},
      {"d_output: float", "d_hidden: L * float", "d_cell: L * float", "saved: float", "seeds: S * int32", "weights: M * float"},
      {"d_x: float", "gradients: N * float"},
      &create_backward,
      &compute_grad,
      &destroy,
  });
}

}  // namespace fin
