// Interface of the inner loops: one table of functions per instruction set, filled by the isa-*.cc files from the same sources
// (body-*.h).

#pragma once

#include <cstdint>

#include "low-bit.h"

namespace fin {

/// Dropout mask: word i of the Philox sequence decides about element i of a draw. See philox.h.
struct Dropout {
  bool on;
  /// Philox key and the upper two words of the counter. The lower two words number the blocks.
  uint32_t key[2];
  uint32_t counter[2];
  /// An element is kept if the lower 23 bits of its word are at least this.
  uint32_t threshold;
  /// Factor of the kept elements.
  float scale;
  /// Number of each row (of attention weights: of each sequence) in the draw. Null where a row has its own number. A part of a batch gets
  /// the masks that it has in the whole batch.
  const int32_t* rows;
};

/// y = gelu(x + bias) over rows of `cols` elements. Element numbers run through all rows.
struct GeluArgs {
  const void* x;
  const float* bias;  // [cols] or null
  const void* dy;     // backward only
  void* y;            // forward: y; backward: dx
  int64_t rows, cols;
};

/// For each row: z = dropout(x + bias) + residual;  y = (z - mean(z)) * rstd(z) * gamma + beta.
struct LayerNormArgs {
  const void* x;
  const void* residual;  // null for none
  const float* bias;     // [cols] or null
  const float* gamma;    // [cols]
  const float* beta;     // [cols], forward only
  int64_t rows, cols;
  float epsilon;
  Dropout dropout;

  void* y;      // forward
  float* mean;  // [rows], written in the forward pass, read in the backward pass
  float* rstd;  // [rows]

  const void* dy;  // backward
  void* dz;        // gradient of z and of residual
  void* dx;        // null without dropout, where it equals dz
};

/// Sums over the rows of one block, [cols] each; null if not requested.
struct LayerNormSums {
  float* dgamma;
  float* dbeta;
  float* dbias;
};

/// Rows of several tables, added up in order.
struct TableRowsArgs {
  const void* const* tables;   // each [entries, cols]
  const int32_t* const* ids;  // of each table, [rows]
  int64_t count;               // of tables
  int64_t cols;
  void* sum;  // [rows, cols]
};

/// softmax(scale q kᵀ) v for each head of each sequence.
struct AttentionArgs {
  const void* q;  // [tokens, heads * head_dim], as k, v, out and the gradients
  const void* k;
  const void* v;
  void* out;
  float* lse;  // [heads, tokens, 1]: log-sum-exp of each row of scores; null if nobody needs it
  /// Elements from one row of q, k, v and their gradients to the next, and from one row of out and dout to the next.
  int64_t step, out_step;
  int64_t tokens;
  int64_t heads;
  int64_t head_dim;
  float scale;
  Dropout dropout;
  /// Length of the longest sequence.
  int64_t longest;
  /// Dropout numbers the weights as [sequence, head, drawn_longest, drawn_longest].
  int64_t drawn_longest;

  const void* dout;  // backward
  void* dq;
  void* dk;
  void* dv;
};

/// One head of one sequence.
struct AttentionTask {
  int64_t sequence, head;
  int64_t begin, end;  // rows
  /// Keep bits of dropout, 16 in a word, [length, (length + 15) / 16]: the forward pass writes them, and the backward pass reads them.
  /// Null if the backward pass draws again.
  uint16_t* kept = nullptr;
};

/// C = A B. A is rows x depth, B depth x cols, C rows x cols. Each factor is stored plainly or transposed, without gaps.
struct ProductArgs {
  const void* a;
  const void* b;
  void* c;
  int64_t rows, cols, depth;
  /// Strides in elements, for matrices that are parts of larger ones: from one row of C to the next, from one depth of a
  /// transposed A to the next, from one depth of a plain B to the next.
  int64_t c_step, a_step, b_step;
  bool a_transposed, b_transposed;
  /// Write C transposed: cols x rows, with c_step elements from one column to the next.
  bool c_transposed;

  /// The packed factors: `depth` floats for each row or column, their number rounded up to whole tiles.
  float* a_panels;
  float* b_panels;
};

/// Sizes of a product's parts: tiles, which are computed in registers, and blocks of whole tiles, one per task.
struct ProductShape {
  int64_t tile_rows, tile_cols;
  int64_t block_rows, block_cols;
};

/// An AdamW update of neighbouring elements.
struct AdamArgs {
  const float* weights;
  const float* gradient;
  /// Running means of the gradient and of its square, updated in place.
  float* exp_avg;
  float* exp_avg_sq;
  float* updated;  // the new weights
  /// Factor of the gradient.
  float gradient_factor;
  /// Learning rate and epsilon, bias corrections included, and the factor of the weights by decay.
  float rate, epsilon, decay;
  /// 1 - beta: shares of the new gradient and of its square in the running means.
  float share1, share2;
};

/// Numbers that a code of 8 bits can stand for, and elements that share a scale.
constexpr int64_t kCodes = 256;
constexpr int64_t kCodeBlock = 256;

/// Blocks with a smaller largest magnitude are scaled as if it was this: its reciprocal is still a number.
constexpr float kLeastScale = 0x1p-126f;

/// Numbers from 2^-24 to 1 fall in buckets by the upper 16 bits of their float; smaller ones in the first.
constexpr int32_t kFirstBucketBits = 0x3380;
constexpr int32_t kBuckets = 0x3f80 - kFirstBucketBits + 1;

/// A map of 8-bit codes, prepared for the search of the nearest.
struct CodeMap {
  float codes[kCodes];      // ascending, from -1 or 0 to 1
  float midpoints[kCodes];  // between each and the next; infinity after the last
  /// The nearest code of the least number in each bucket, of positive numbers and then of negative ones. That of the others is the same
  /// or the next.
  int32_t lowest[2 * kBuckets];
};

/// An AdamW update of whole blocks of neighbouring elements, or the rest of a tensor, with moments in 8 bits.
struct Adam8bitArgs {
  const float* weights;
  const float* gradient;
  float* updated;  // the new weights
  /// Running means of the gradient and of its square: a code for each element, a scale for each block. Updated in place.
  uint8_t *mean_codes, *square_codes;
  float *mean_scales, *square_scales;
  const CodeMap *mean_map, *square_map;
  /// Factor of the gradient.
  float gradient_factor;
  /// Learning rate and epsilon, bias corrections included, and the factor of the weights by decay.
  float rate, epsilon, decay;
  /// Decay rates of the running means, and the shares of the new gradient and of its square.
  float beta1, share1, beta2, share2;
};

/// Columns of an LSTM's products that are computed together. Rows of its arrays are filled up to a multiple of this.
constexpr int64_t kLstmCols = 16;
/// Rows of gates whose weights' gradients are computed together.
constexpr int64_t kLstmGradRows = 8;

/// One layer of an LSTM. Its arrays have rows of `input_step` numbers per input, `width` per hidden state, and
/// `4 * width` per row of gates (input, forget, cell, output). The rows are numbered time * batch + example. Numbers beyond the real
/// sizes are 0 in all weights, inputs and gradients.
struct LstmLayer {
  int64_t input, input_step;

  // In panels of kLstmCols columns, which lie one after the other; the number of columns is rounded up to whole panels.
  const float* input_weights;      // forward: transposed, [input, 4 * width]; backward: [4 * width, input_step]
  const float* recurrent_weights;  // forward: transposed, [hidden, 4 * width]; backward: [4 * width, width]
  const float* bias;               // [4 * width], forward only
  Dropout dropout;                 // of the inputs

  float* inputs;    // [rows, input_step]; those of an upper layer without dropout are the hidden states of the lower one
  float* gates;     // [rows, 4 * width], after their activation functions
  float* cells;     // [rows, width]
  float* squashed;  // [rows, width]: tanh of the cells
  float* hidden;    // [rows, width]

  // Forward: the last states. Backward: their gradients; null for zeros.
  float* last_hidden;  // [batch, hidden]
  float* last_cell;    // [batch, hidden]

  float* d_gates;   // [rows, 4 * width], of the sums before the activation functions
  float* d_inputs;  // [rows, input_step]; null if nobody needs it
};


/// Layers of an LSTM on sequences of one length, from a state of zeros.
struct LstmArgs {
  const float* x;  // [batch, time, input], forward only
  float* output;   // [batch, time, hidden]: the output or its gradient; null for a gradient of zeros
  float* d_x;      // [batch, time, input]; null if nobody needs it
  int64_t batch, time, hidden, width;
  LstmLayer* layers;
  int64_t layer_count;
};

/// y = x weightᵀ + bias with a weight in int8 panels and rows of x quantized to int8.
struct Int8LinearArgs {
  const void* x;  // [rows, in]
  void* y;        // [rows, out]
  const LowBitMatrix* weight;
  const float* bias;  // [out], or null
};

/// Storage types, as indices into the tables.
enum Storage { kFloat32 = 0, kBFloat16 = 1, kStorages = 2 };

struct Kernels {
  const char* name;

  /// Elements [begin, end) from x to y. They are those from `first` on in the draw.
  void (*dropout[kStorages])(const Dropout&, const void* x, void* y, int64_t begin, int64_t end, int64_t first);

  void (*gelu[kStorages])(const GeluArgs&, int64_t begin, int64_t end);
  /// Rows [begin, end). Adds their dx to `dbias` unless that is null.
  void (*gelu_grad[kStorages])(const GeluArgs&, int64_t begin, int64_t end, float* dbias);

  /// Both take `layer_norm_scratch(cols)` floats of scratch memory.
  int64_t (*layer_norm_scratch)(int64_t cols);
  void (*layer_norm[kStorages])(const LayerNormArgs&, int64_t begin, int64_t end, float* scratch);
  void (*layer_norm_grad[kStorages])(const LayerNormArgs&, int64_t begin, int64_t end, const LayerNormSums&,
                                     float* scratch);

  /// Rows [begin, end).
  void (*sum_table_rows[kStorages])(const TableRowsArgs&, int64_t begin, int64_t end);

  int64_t (*attention_scratch)(int64_t length, int64_t head_dim, bool backward);
  void (*attention[kStorages])(const AttentionArgs&, const AttentionTask&, float* scratch);
  void (*attention_grad[kStorages])(const AttentionArgs&, const AttentionTask&, float* scratch);

  ProductShape product;
  /// Packs one panel: the rows of A for one row of tiles, or the columns of B for one column of tiles.
  void (*pack_rows[kStorages])(const ProductArgs&, int64_t panel);
  void (*pack_cols[kStorages])(const ProductArgs&, int64_t panel);
  /// Computes the block of C that begins there. Its panels must be packed.
  void (*product_block[kStorages])(const ProductArgs&, int64_t row, int64_t col);

  void (*adam)(const AdamArgs&, int64_t count);
  void (*adam_8bit)(const Adam8bitArgs&, int64_t count);
  double (*sum_of_squares)(const float* x, int64_t count);

  /// All layers and times for the examples [begin, end), with `lstm_scratch` floats of scratch memory.
  void (*lstm)(const LstmArgs&, int64_t begin, int64_t end, float* scratch);
  void (*lstm_grad)(const LstmArgs&, int64_t begin, int64_t end, float* scratch);
  int64_t (*lstm_scratch)(const LstmArgs&);
  /// Gradients of the weights of one layer for the rows [begin, begin + kLstmGradRows) of gates, of which `4 * width` are counted:
  /// of the input weights [4 * hidden, input], the recurrent weights [4 * hidden, hidden], and the bias [4 * hidden]. Takes
  /// kLstmGradRows * time * batch floats of scratch memory.
  void (*lstm_weight_grad)(const LstmArgs&, const LstmLayer&, int64_t begin, float* d_input, float* d_recurrent, float* d_bias,
                           float* scratch);

  /// Adds up `count` contiguous rows of `cols` numbers, in order.
  void (*sum_rows)(const float* rows, int64_t count, int64_t cols, float* out);

  /// Numbers of columns [col, col + count) of some rows, one row after the other.
  void (*decode_low_bit)(const LowBitMatrix&, int64_t row, int64_t rows, int64_t col, int64_t count, float* to);

  /// Floats of scratch memory for that many rows, and the product of the rows [begin, end) with the panels [first, last).
  int64_t (*int8_linear_scratch)(const LowBitMatrix&, int64_t rows);
  void (*int8_linear[kStorages])(const Int8LinearArgs&, int64_t begin, int64_t end, int64_t first, int64_t last, float* scratch);
};

extern const Kernels kBaseline;
#if defined(__x86_64__)
extern const Kernels kAvx2;
extern const Kernels kAvx512;
#endif

}  // namespace fin
