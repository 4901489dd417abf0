// The inner loops of the fused ops, as the rest of the addon sees them: one table of functions for each set of
// instructions, filled by the isa-*.cc files from the same sources (body-*.h).

#pragma once

#include <cstdint>

namespace fin {

/// Which elements fall: element i of a draw falls where word i of the Philox sequence says so. See philox.h.
struct Dropout {
  bool on;
  /// Philox key, and the two upper counter words; the lower two count blocks.
  uint32_t key[2];
  uint32_t counter[2];
  /// An element is kept where the lower 23 bits of its word are at least this.
  uint32_t threshold;
  /// What a kept element is multiplied by.
  float scale;
};

/// y = gelu(x + bias) over rows of `cols` elements. Elements are numbered through all rows.
struct GeluArgs {
  const void* x;
  const float* bias;  // [cols] or null
  const void* dy;     // backward only
  void* y;            // forward: y; backward: dx
  int64_t rows, cols;
};

/// z = dropout(x + bias) + residual;  y = (z - mean(z)) * rstd(z) * gamma + beta, row by row.
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
  float* mean;  // [rows], written forward, read backward
  float* rstd;  // [rows]

  const void* dy;  // backward
  void* dz;        // gradient of z, and of residual
  void* dx;        // null unless dropout is on: without it, it is dz
};

/// Sums over the rows of one block, [cols] each; null where not wanted.
struct LayerNormSums {
  float* dgamma;
  float* dbeta;
  float* dbias;
};

/// softmax(scale q kᵀ) v within each sequence, head by head.
struct AttentionArgs {
  const void* q;  // [tokens, heads * head_dim], as k, v, out and the gradients
  const void* k;
  const void* v;
  void* out;
  float* lse;  // [heads, tokens, 1]: logarithm of the sum of exponentials of each row of scores
  int64_t tokens;
  int64_t heads;
  int64_t head_dim;
  float scale;
  Dropout dropout;
  /// Length of the longest sequence: weights are numbered as [sequence, head, longest, longest] for dropout.
  int64_t longest;

  const void* dout;  // backward
  void* dq;
  void* dk;
  void* dv;
};

/// One head of one sequence.
struct AttentionTask {
  int64_t sequence, head;
  int64_t begin, end;  // rows
};

/// C = A B: A is rows x depth, B depth x cols, each stored as it is or transposed, without gaps; C rows x cols.
struct ProductArgs {
  const void* a;
  const void* b;
  void* c;
  int64_t rows, cols, depth;
  /// Elements from one row of C to the next, and of A's depths, where it is transposed, and of B's, where it is not: these
  /// matrices may be parts of larger ones.
  int64_t c_step, a_step, b_step;
  bool a_transposed, b_transposed;
  /// C is written transposed: cols x rows, with c_step elements from one column to the next.
  bool c_transposed;

  /// The packed factors: for each tile's rows or columns, rounded up to a whole number, `depth` floats.
  float* a_panels;
  float* b_panels;
};

/// Into what a product is cut: tiles, which are computed in registers, and blocks of whole tiles, which are tasks.
struct ProductShape {
  int64_t tile_rows, tile_cols;
  int64_t block_rows, block_cols;
};

/// Storage types, as indices into the tables.
enum Storage { kFloat32 = 0, kBFloat16 = 1, kStorages = 2 };

struct Kernels {
  const char* name;

  /// Elements [begin, end) of x to y; begin a multiple of 4.
  void (*dropout[kStorages])(const Dropout&, const void* x, void* y, int64_t begin, int64_t end);

  void (*gelu[kStorages])(const GeluArgs&, int64_t begin, int64_t end);
  /// Rows [begin, end); adds their dx to `dbias` unless that is null.
  void (*gelu_grad[kStorages])(const GeluArgs&, int64_t begin, int64_t end, float* dbias);

  /// Scratch of `layer_norm_scratch(cols)` floats each.
  int64_t (*layer_norm_scratch)(int64_t cols);
  void (*layer_norm[kStorages])(const LayerNormArgs&, int64_t begin, int64_t end, float* scratch);
  void (*layer_norm_grad[kStorages])(const LayerNormArgs&, int64_t begin, int64_t end, const LayerNormSums&,
                                     float* scratch);

  int64_t (*attention_scratch)(int64_t length, int64_t head_dim, bool backward);
  void (*attention[kStorages])(const AttentionArgs&, const AttentionTask&, float* scratch);
  void (*attention_grad[kStorages])(const AttentionArgs&, const AttentionTask&, float* scratch);

  ProductShape product;
  /// Pack one panel: the rows of A of one row of tiles, the columns of B of one column of tiles.
  void (*pack_rows[kStorages])(const ProductArgs&, int64_t panel);
  void (*pack_cols[kStorages])(const ProductArgs&, int64_t panel);
  /// The block of C that begins there; the panels it needs are packed.
  void (*product_block[kStorages])(const ProductArgs&, int64_t row, int64_t col);

  /// Sums `count` rows of `cols` numbers that lie one after the other, in their order.
  void (*sum_rows)(const float* rows, int64_t count, int64_t cols, float* out);
};

extern const Kernels kBaseline;
#if defined(__x86_64__)
extern const Kernels kAvx2;
extern const Kernels kAvx512;
#endif

}  // namespace fin
