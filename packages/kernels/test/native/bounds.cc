// Runs every inner loop over buffers of exactly the right size, at sizes around a vector's. Compiled with the address sanitizer by
// test/plain/bounds.full.test.ts.

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "cpu.h"
#include "pool.h"

using namespace fin;

namespace {

/// Heap memory for exactly that many elements, filled with normal numbers.
template <class T>
struct Exact {
  explicit Exact(int64_t count) : data(static_cast<T*>(std::malloc(static_cast<size_t>(count) * sizeof(T)))) {
    for (int64_t i = 0; i < count; i++) {
      if constexpr (std::is_floating_point_v<T>) {
        data[i] = static_cast<T>(std::sin(0.7 * static_cast<double>(i) + 1.0));
      } else {
        data[i] = static_cast<T>(0x3f80 + i % 64);  // bfloat16 from 1 to 2
      }
    }
  }
  Exact(const Exact&) = delete;
  ~Exact() { std::free(data); }
  T* data;
};

Dropout some_dropout(bool on) {
  Dropout dropout{};
  dropout.on = on;
  dropout.threshold = 1u << 20;
  dropout.scale = 1.1f;
  return dropout;
}

template <class T>
void rowwise(const Kernels& kernels, Storage storage, int64_t rows, int64_t cols) {
  const int64_t count = rows * cols;
  Exact<T> x(count), y(count), dy(count), residual(count), dz(count), dx(count);
  Exact<float> bias(cols), gamma(cols), beta(cols), mean(rows), rstd(rows), first(cols), second(cols), third(cols);
  for (const bool with_bias : {false, true}) {
    GeluArgs gelu{};
    gelu.x = x.data;
    gelu.bias = with_bias ? bias.data : nullptr;
    gelu.dy = dy.data;
    gelu.y = y.data;
    gelu.rows = rows;
    gelu.cols = cols;
    kernels.gelu[storage](gelu, 0, count);
    if (count > 3) kernels.gelu[storage](gelu, 3, count - 1);
    kernels.gelu_grad[storage](gelu, 0, rows, nullptr);
    kernels.gelu_grad[storage](gelu, 0, rows, first.data);
    for (const bool dropped : {false, true}) {
      for (const bool with_residual : {false, true}) {
        LayerNormArgs norm{};
        norm.x = x.data;
        norm.residual = with_residual ? residual.data : nullptr;
        norm.bias = gelu.bias;
        norm.gamma = gamma.data;
        norm.beta = beta.data;
        norm.rows = rows;
        norm.cols = cols;
        norm.epsilon = 1e-5f;
        norm.dropout = some_dropout(dropped);
        norm.y = y.data;
        norm.mean = mean.data;
        norm.rstd = rstd.data;
        norm.dy = dy.data;
        norm.dz = dz.data;
        norm.dx = dropped ? dx.data : nullptr;
        Exact<float> scratch(kernels.layer_norm_scratch(cols));
        kernels.layer_norm[storage](norm, 0, rows, scratch.data);
        kernels.layer_norm_grad[storage](norm, 0, rows, {nullptr, nullptr, nullptr}, scratch.data);
        kernels.layer_norm_grad[storage](norm, 0, rows, {first.data, second.data, third.data}, scratch.data);
      }
    }
  }
  kernels.dropout[storage](some_dropout(true), x.data, y.data, 0, count, 0);
  Exact<float> stack(count);
  kernels.sum_rows(stack.data, rows, cols, first.data);
}

template <class T>
void attention(const Kernels& kernels, Storage storage, int64_t heads, int64_t head_dim, int64_t length, bool dropped) {
  const int64_t tokens = length + 3;
  const int64_t count = tokens * heads * head_dim;
  Exact<T> q(count), k(count), v(count), out(count), dout(count), dq(count), dk(count), dv(count);
  Exact<float> lse(heads * tokens);
  AttentionArgs args{};
  args.q = q.data;
  args.k = k.data;
  args.v = v.data;
  args.out = out.data;
  args.lse = lse.data;
  args.step = heads * head_dim;
  args.out_step = args.step;
  args.tokens = tokens;
  args.heads = heads;
  args.head_dim = head_dim;
  args.scale = 0.3f;
  args.dropout = some_dropout(dropped);
  args.longest = length < 3 ? 3 : length;
  args.dout = dout.data;
  args.dq = dq.data;
  args.dk = dk.data;
  args.dv = dv.data;
  for (const bool backward : {false, true}) {
    Exact<float> scratch(kernels.attention_scratch(args.longest, head_dim, backward));
    const auto work = backward ? kernels.attention_grad[storage] : kernels.attention[storage];
    for (int64_t head = 0; head < heads; head++) {
      work(args, {0, head, 0, 3}, scratch.data);
      work(args, {1, head, 3, tokens}, scratch.data);
    }
  }
}

/// Packs every panel and computes every block, one after the other.
template <class T>
void product(const Kernels& kernels, Storage storage, int64_t rows, int64_t cols, int64_t depth) {
  const ProductShape& shape = kernels.product;
  const auto whole = [](int64_t count, int64_t tile) { return (count + tile - 1) / tile * tile; };
  const int64_t all_rows = whole(rows, shape.tile_rows), all_cols = whole(cols, shape.tile_cols);
  Exact<T> a(rows * depth), b(depth * cols), c(rows * cols);
  Exact<float> a_panels(all_rows * depth), b_panels(all_cols * depth);
  for (int turned = 0; turned < 8; turned++) {
    ProductArgs args{};
    args.a = a.data;
    args.b = b.data;
    args.c = c.data;
    args.rows = rows;
    args.cols = cols;
    args.depth = depth;
    args.a_transposed = turned & 1;
    args.b_transposed = turned & 2;
    args.c_transposed = turned & 4;
    args.a_step = rows;
    args.b_step = cols;
    args.c_step = args.c_transposed ? rows : cols;
    args.a_panels = a_panels.data;
    args.b_panels = b_panels.data;
    for (int64_t row = 0; row < all_rows; row += shape.tile_rows) kernels.pack_rows[storage](args, row / shape.tile_rows);
    for (int64_t col = 0; col < all_cols; col += shape.tile_cols) kernels.pack_cols[storage](args, col / shape.tile_cols);
    for (int64_t row = 0; row < rows; row += shape.block_rows) {
      for (int64_t col = 0; col < cols; col += shape.block_cols) kernels.product_block[storage](args, row, col);
    }
  }
}

void adam(const Kernels& kernels, int64_t count) {
  Exact<float> weights(count), gradient(count), mean(count), square(count), updated(count);
  const AdamArgs args{weights.data, gradient.data, mean.data, square.data, updated.data, 0.5f, 0.1f, 1e-8f, 0.99f, 0.1f, 0.001f};
  kernels.adam(args, count);
  double sum = 0.0;
  for (int64_t i = 0; i < count; i++) sum += static_cast<double>(gradient.data[i]) * gradient.data[i];
  if (std::fabs(kernels.sum_of_squares(gradient.data, count) - sum) > 1e-9 * sum) std::abort();
}

void adam_8bit(const Kernels& kernels, int64_t count) {
  const int64_t blocks = (count + kCodeBlock - 1) / kCodeBlock;
  Exact<float> weights(count), gradient(count), updated(count), mean_scales(blocks), square_scales(blocks);
  Exact<uint8_t> means(count), squares(count);
  CodeMap map{};
  for (int64_t i = 0; i < kCodes; i++) map.codes[i] = map.midpoints[i] = static_cast<float>(i - 128) / 128.0f;
  for (int32_t& lowest : map.lowest) lowest = kCodes - 2;
  Adam8bitArgs args{};
  args.weights = weights.data;
  args.gradient = gradient.data;
  args.updated = updated.data;
  args.mean_codes = means.data;
  args.square_codes = squares.data;
  args.mean_scales = mean_scales.data;
  args.square_scales = square_scales.data;
  args.mean_map = args.square_map = &map;
  args.gradient_factor = args.rate = args.epsilon = args.decay = args.beta1 = args.share1 = args.beta2 = args.share2 = 0.5f;
  kernels.adam_8bit(args, count);
}

int64_t padded(int64_t size) { return (size + kLstmCols - 1) / kLstmCols * kLstmCols; }

void lstm(const Kernels& kernels, int64_t batch, int64_t time, int64_t input, int64_t hidden, bool dropped) {
  const int64_t width = padded(hidden), rows = batch * time;
  std::vector<std::unique_ptr<Exact<float>>> memory;
  const auto take = [&](int64_t floats) {
    memory.push_back(std::make_unique<Exact<float>>(floats));
    return memory.back()->data;
  };
  LstmLayer layers[2];
  for (int i = 0; i < 2; i++) {
    LstmLayer& layer = layers[i];
    layer = {};
    layer.input = i == 0 ? input : hidden;
    layer.input_step = padded(layer.input);
    layer.input_weights = take(4 * width * layer.input);
    layer.recurrent_weights = take(4 * width * hidden);
    layer.bias = take(4 * width);
    if (i > 0) layer.dropout = some_dropout(dropped);
    layer.inputs = i == 0 || dropped ? take(rows * layer.input_step) : layers[0].hidden;
    layer.gates = take(rows * 4 * width);
    layer.cells = take(rows * width);
    layer.squashed = take(rows * width);
    layer.hidden = take(rows * width);
    layer.last_hidden = take(batch * hidden);
    layer.last_cell = take(batch * hidden);
    layer.d_gates = take(rows * 4 * width);
    layer.d_inputs = take(rows * layer.input_step);
  }
  LstmArgs args{};
  args.x = take(rows * input);
  args.output = take(rows * hidden);
  args.d_x = take(rows * input);
  args.batch = batch;
  args.time = time;
  args.hidden = hidden;
  args.width = width;
  args.layers = layers;
  args.layer_count = 2;
  float* const scratch = take(kernels.lstm_scratch(args));
  kernels.lstm(args, 0, batch / 2, scratch);
  kernels.lstm(args, batch / 2, batch, scratch);
  for (LstmLayer& layer : layers) {
    layer.input_weights = take(4 * width * layer.input_step);
    layer.recurrent_weights = take(4 * width * width);
  }
  kernels.lstm_grad(args, 0, batch, scratch);
  args.output = nullptr;
  for (LstmLayer& layer : layers) layer.last_hidden = layer.last_cell = nullptr;
  kernels.lstm_grad(args, 0, batch, scratch);
  float* const gates = take(kLstmGradRows * rows);
  for (const LstmLayer& layer : layers) {
    Exact<float> d_input(4 * hidden * layer.input), d_recurrent(4 * hidden * hidden), d_bias(4 * hidden);
    for (int64_t row = 0; row < 4 * width; row += kLstmGradRows) {
      kernels.lstm_weight_grad(args, layer, row, d_input.data, d_recurrent.data, d_bias.data, gates);
    }
  }
}

template <class T>
void everything(const Kernels& kernels, Storage storage) {
  for (const int64_t rows : {1, 2, 5, 17}) {
    for (const int64_t cols : {1, 3, 4, 7, 8, 15, 16, 17, 31, 33, 47, 64, 65, 130}) {
      rowwise<T>(kernels, storage, rows, cols);
    }
  }
  for (const int64_t rows : {1, 6, 8, 9, 97}) {
    for (const int64_t cols : {1, 8, 17, 48, 49, 130}) {
      for (const int64_t depth : {0, 1, 15, 16, 33, 201}) product<T>(kernels, storage, rows, cols, depth);
    }
  }
  for (const int64_t heads : {1, 3}) {
    for (const int64_t head_dim : {1, 3, 8, 16, 17, 32, 33, 64, 70}) {
      for (const int64_t length : {1, 2, 7, 16, 17, 33, 48, 49, 100}) {
        for (const bool dropped : {false, true}) attention<T>(kernels, storage, heads, head_dim, length, dropped);
      }
    }
  }
}

/// A weight in int8 panels.
struct Panels {
  Panels(int64_t out, int64_t in)
      : codes(whole_panels(out) * kPanel * ((in + kInt8Depth - 1) / kInt8Depth * kInt8Depth)),
        scales(whole_panels(out) * kPanel),
        surplus(whole_panels(out) * kPanel) {
    matrix.format = kInt8Panels;
    matrix.rows = out;
    matrix.cols = in;
    matrix.codes = codes.data;
    matrix.scales = scales.data;
    matrix.surplus = surplus.data;
  }
  Exact<uint8_t> codes;
  Exact<float> scales;
  Exact<int32_t> surplus;
  LowBitMatrix matrix{};
};

template <class T>
void int8_linear(const Kernels& kernels, Storage storage, int64_t rows, int64_t in, int64_t out) {
  Panels weight(out, in);
  Exact<T> x(rows * in), y(rows * out);
  Exact<float> bias(out), scratch(kernels.int8_linear_scratch(weight.matrix, rows)), numbers(out * in);
  for (const float* added : {static_cast<const float*>(nullptr), static_cast<const float*>(bias.data)}) {
    kernels.int8_linear[storage]({x.data, y.data, &weight.matrix, added}, 0, rows, 0, whole_panels(out), scratch.data);
  }
  kernels.decode_low_bit(weight.matrix, 0, out, 0, in, numbers.data);
}

void int8_linears() {
  for (const int64_t rows : {1, 2, 5, 17, 33, 97, 130}) {
    for (const int64_t in : {1, 3, 31, 64, 65, 200}) {
      for (const int64_t out : {1, 7, 32, 33, 70}) {
        int8_linear<float>(kernels(), kFloat32, rows, in, out);
        int8_linear<uint16_t>(kernels(), kBFloat16, rows, in, out);
      }
    }
  }
}

/// Runs an encoder forward and backward, by groups and by teams of threads. Its parameters have their exact size, or whole panels where
/// that is needed.
/// @param trained gradients of all parameters, too
/// @param format of weights in few bits; 0 for packed ones
void encoder(Storage storage, int64_t hidden, int64_t heads, int64_t intermediate, int64_t rank, const std::vector<int32_t>& offsets,
             bool trained, int format = 0) {
  const int64_t element = storage == kFloat32 ? 4 : 2;
  const int64_t tokens = offsets.back(), sequences = static_cast<int64_t>(offsets.size()) - 1;
  std::vector<std::unique_ptr<Exact<float>>> memory;
  const auto take = [&](int64_t floats) {
    memory.push_back(std::make_unique<Exact<float>>(floats));
    return memory.back()->data;
  };
  const auto packed = [&](int64_t out, int64_t in, bool transposed) {
    void* to = take(packed_elements(out, in) * element / 4);
    pack_weights({{take(out * in), out, in, to}}, kFloat32, transposed, storage);
    return to;
  };
  std::vector<std::unique_ptr<Exact<uint8_t>>> codes;
  const auto bytes = [&](int64_t count) {
    codes.push_back(std::make_unique<Exact<uint8_t>>(count));
    return codes.back()->data;
  };
  std::vector<std::unique_ptr<Panels>> panels;
  const auto coded = [&](int64_t out, int64_t in) {
    if (format == kInt8Panels) {
      panels.push_back(std::make_unique<Panels>(out, in));
      return panels.back()->matrix;
    }
    LowBitMatrix matrix{};
    matrix.format = static_cast<LowBitFormat>(format);
    matrix.rows = out;
    matrix.cols = in;
    const int64_t size = out * in, blocks = (size + kNf4Block - 1) / kNf4Block;
    matrix.codes = bytes(format == kInt8 ? size : (size + 1) / 2);
    matrix.scale_codes = bytes(blocks);
    matrix.scale_map = take(256);
    matrix.scales = take(format == kInt8 ? out : (blocks + kNf4ScaleBlock - 1) / kNf4ScaleBlock);
    return matrix;
  };
  std::vector<int64_t> kept_before{0};
  int64_t longest = 0;
  for (int64_t i = 0; i < sequences; i++) {
    const int64_t length = offsets[static_cast<size_t>(i + 1)] - offsets[static_cast<size_t>(i)];
    longest = length > longest ? length : longest;
    kept_before.push_back(kept_before.back() + length * kept_words_of_attention(length));
  }
  int64_t gradients = 0;
  EncoderLayer forward[2]{}, backward[2]{};
  for (int n = 0; n < 2; n++) {
    EncoderLayer& layer = forward[n];
    for (int i = 0; i < kLinears; i++) {
      const int64_t out = i == kIntermediate ? intermediate : hidden, in = i == kOutput ? intermediate : hidden;
      if (format == 0) layer.weight[i] = packed(out, in, false);
      if (format != 0) layer.coded[i] = coded(out, in);
      layer.bias[i] = take(whole_panels(out) * kPanel);
      if (rank == 0) continue;
      layer.update[i].rank = rank;
      layer.update[i].scaling = 2.0f;
      layer.update[i].a = packed(rank, in, false);
      layer.update[i].b = packed(out, rank, false);
      layer.update[i].a_gradient = gradients;
      layer.update[i].b_gradient = gradients + rank * in;
      gradients += rank * (in + out);
    }
    for (int i = 0; i < kNorms; i++) {
      layer.gamma[i] = take(whole_panels(hidden) * kPanel);
      layer.beta[i] = take(whole_panels(hidden) * kPanel);
      if (!trained) continue;
      layer.trained_norm[i] = {true, true, gradients};
      gradients += 2 * whole_panels(hidden) * kPanel;
    }
    for (int i = 0; trained && i < kLinears; i++) {
      const int64_t out = i == kIntermediate ? intermediate : hidden, in = i == kOutput ? intermediate : hidden;
      layer.trained[i].weight = layer.trained[i].bias = true;
      layer.trained[i].weight_gradient = take(out * in);
      layer.trained[i].bias_gradient = take(out);
    }
    for (int site = 0; rank > 0 && site < kDropoutSites; site++) {
      const int64_t words = site == kDropAttention ? heads * kept_before.back()
                                                   : tokens * kept_words(site == kDropOutput ? intermediate : hidden);
      layer.dropout[site] = some_dropout(true);
      layer.kept[site] = reinterpret_cast<uint16_t*>(take((words + 1) / 2));
    }
    backward[n] = layer;
    for (int i = 0; i < kLinears; i++) {
      const int64_t out = i == kIntermediate ? intermediate : hidden, in = i == kOutput ? intermediate : hidden;
      if (format == 0) backward[n].weight[i] = packed(in, out, true);
      if (rank == 0) continue;
      backward[n].update[i].a = packed(in, rank, true);
      backward[n].update[i].b = packed(rank, out, true);
    }
  }
  EncoderArgs args{};
  args.x = take(tokens * hidden);
  Exact<uint16_t> y(tokens * hidden * element / 2), dy(tokens * hidden * element / 2), dx(tokens * hidden * element / 2);
  args.y = y.data;
  args.dy = dy.data;
  args.dx = dx.data;
  args.offsets = offsets.data();
  args.layer_count = 2;
  args.hidden = hidden;
  args.intermediate = intermediate;
  args.heads = heads;
  args.scale = 0.3f;
  args.epsilon = 1e-5f;
  args.longest = longest;
  args.kept_before = kept_before.data();
  for (const int count : {1, 2, 5}) {
    set_threads(count);
    args.layers = forward;
    std::vector<EncoderGroup> groups = plan_groups(args, sequences);
    if (!run_encoder(args, groups, storage)) std::abort();
    if (format == kInt8Panels) continue;  // for inference alone
    int64_t rows = 0;
    for (EncoderGroup& group : groups) {
      rows += saved_rows(group.rows);
      group.gradients = take(gradients);
    }
    for (int n = 0; n < 2; n++) {
      const int64_t elements = rows * encoder_kernels(storage).saved_columns(args, forward[n]);
      forward[n].saved = backward[n].saved = take(elements * element / 4);
      for (int i = 0; i < kNorms; i++) forward[n].rstd[i] = backward[n].rstd[i] = take(tokens);
      forward[n].lse = backward[n].lse = take(heads * tokens);
    }
    if (!run_encoder(args, groups, storage)) std::abort();
    args.layers = backward;
    if (!run_encoder_grad(args, groups, storage)) std::abort();
    for (EncoderLayer& layer : forward) layer.saved = nullptr;
  }
}

void encoders(Storage storage) {
  const std::vector<int32_t> several{0, 1, 17, 17, 48, 81, 97, 160}, single{0, 35};
  for (const auto& offsets : {several, single}) {
    for (const bool trained : {false, true}) {
      encoder(storage, 32, 1, 64, 0, offsets, trained);
      encoder(storage, 64, 1, 130, 8, offsets, trained);
      encoder(storage, 45, 5, 77, 3, offsets, trained);
      encoder(storage, 96, 3, 1100, 40, offsets, trained);
    }
    for (const int format : {kNf4, kInt8, kInt8Panels}) {
      encoder(storage, 64, 1, 130, 8, offsets, false, format);
      encoder(storage, 45, 5, 77, 3, offsets, false, format);
    }
  }
}

void visit_int8_unit(const char* name, void*) {
  choose_int8(name);
  int8_linears();
  for (const Storage storage : {kFloat32, kBFloat16}) encoder(storage, 45, 5, 77, 3, {0, 1, 17, 17, 48, 160}, false, kInt8Panels);
  std::printf("%s\n", name);
}

void visit_unit(const char* name, void*) {
  choose_encoder(name);
  encoders(kBFloat16);
  std::printf("%s\n", name);
}

void visit(const char* name, void*) {
  choose_kernels(name);
  for (const int64_t count : {0, 1, 3, 4, 7, 16, 17, 63, 65, 255, 257, 4100}) {
    adam(kernels(), count);
    adam_8bit(kernels(), count);
  }
  for (const int64_t hidden : {1, 3, 8, 16, 17, 40}) {
    for (const int64_t batch : {1, 5, 8, 9}) {
      for (const int64_t time : {1, 3}) {
        for (const int64_t input : {1, 6, 16, 33}) {
          for (const bool dropped : {false, true}) lstm(kernels(), batch, time, input, hidden, dropped);
        }
      }
    }
  }
  everything<float>(kernels(), kFloat32);
  everything<uint16_t>(kernels(), kBFloat16);
  choose_encoder("vectors");
  choose_int8("vectors");
  int8_linears();
  encoders(kFloat32);
  encoders(kBFloat16);
  std::printf("%s\n", name);
}

}  // namespace

int main() {
  each_int8(visit_int8_unit, nullptr);
  choose_int8("");
  each_encoder(visit_unit, nullptr);
  each_kernels(visit, nullptr);
}
