// Interface of the transformer encoder's inner loops: one table of functions per unit that multiplies, filled by the isa-*.cc
// files from body-encoder.h.

#pragma once

#include <cstdint>
#include <vector>

#include "kernels.h"

namespace fin {

/// Packed weights hold the columns of B, in products A B, in panels of this width: a panel is [depth, 32] in float32, and
/// [depth / 2, 32, 2] in bfloat16, so that both factors of a column that belong to a pair of depths are neighbours. Depth and
/// columns are filled up with zeros to multiples of this width. Every instruction set reads the same panels.
constexpr int64_t kPanel = 32;

inline int64_t whole_panels(int64_t count) { return (count + kPanel - 1) / kPanel; }

/// The linear layers of a transformer layer, in the order in which the op takes their weights.
enum Linear { kQuery, kKey, kValue, kAttentionOutput, kIntermediate, kOutput, kLinears };

/// The layer norms of a transformer layer.
enum Norm { kAttentionNorm, kOutputNorm, kNorms };

/// Where a layer drops elements, in the order in which the composed layers draw: inputs of the low-rank updates, attention weights,
/// and the results of the two sublayers.
enum DropoutSite {
  kDropQuery,
  kDropKey,
  kDropValue,
  kDropAttention,
  kDropAttentionOutput,
  kDropAttended,
  kDropIntermediate,
  kDropOutput,
  kDropContracted,
  kDropoutSites
};

/// The low-rank update of a linear layer (LoRA; Hu et al., 2021): y += scaling dropout(x) Aᵀ Bᵀ. Both factors are packed.
struct LowRank {
  int64_t rank = 0;  // 0 for none
  float scaling = 0.0f;
  /// Forward: A as [rank, in]; B as [out, rank]. Backward: both transposed.
  const void *a = nullptr, *b = nullptr;
  /// Backward: where the gradients of A, [rank, in], and of B transposed, [rank, out], begin among those of a group.
  int64_t a_gradient = 0, b_gradient = 0;
};

/// The gradients of a linear layer's own parameters.
struct LinearGradients {
  bool weight = false, bias = false;  // whether they are requested
  /// Backward, of all groups: the gradient of the layer's output, transposed, [whole panels of out, turned_step]; and its input, packed
  /// as the second factor of a product over the tokens. Query, key and value have the same input.
  void *dy = nullptr, *x = nullptr;
  float *weight_gradient = nullptr, *bias_gradient = nullptr;  // [out, in], [out]
};

/// The gradients of a norm's parameters.
struct NormGradients {
  bool gamma = false, beta = false;  // whether they are requested
  /// Backward: where both begin among those of a group, whole panels each.
  int64_t gradient = 0;
};

/// Parameters of one layer, and what its forward pass leaves for the backward pass. Vectors are filled up with zeros to whole panels.
struct EncoderLayer {
  const void* weight[kLinears];  // packed; in the backward pass transposed
  LowBitMatrix coded[kLinears];  // a weight in few bits, in place of the packed one; else its codes are null
  const float* bias[kLinears];
  const float* gamma[kNorms];
  const float* beta[kNorms];
  LowRank update[kLinears];
  LinearGradients trained[kLinears];
  NormGradients trained_norm[kNorms];
  Dropout dropout[kDropoutSites];
  /// Keep bits of each dropout; null if it is off.
  uint16_t* kept[kDropoutSites];
  /// Activations of all groups, of saved_rows(rows) rows each. Null if there will be no backward pass, as the next two.
  void* saved;
  float* rstd[kNorms];  // [tokens]
  float* lse;           // [heads, rows] for each group
};

struct EncoderArgs {
  const void* x;  // [tokens, hidden]
  Storage x_storage;
  void* y;  // [tokens, hidden], in the storage type of the kernels
  const int32_t* offsets;
  const EncoderLayer* layers;
  int64_t layer_count;
  int64_t hidden, intermediate, heads;
  float scale, epsilon;
  /// Length of the longest sequence.
  int64_t longest;
  /// Dropout numbers the attention weights as [sequence, head, drawn_longest, drawn_longest].
  int64_t drawn_longest;
  /// Words of the keep bits of one head's attention weights in all sequences before each.
  const int64_t* kept_before;

  const void* dy;  // backward: [tokens, hidden], in the storage type of the kernels, as dx
  void* dx;        // null if not requested
  /// Tokens of all groups, each filled up to whole panels, and elements from row to row of a transposed `dy`.
  int64_t depth, turned_step;
};

/// Neighbouring sequences that go through all layers together, and the memory for their activations.
struct EncoderGroup {
  int64_t first, end;  // sequences
  int64_t row, rows;   // their tokens
  char* activations;   // aligned to a cache line
  int64_t saved_row;   // saved rows of the groups before
  float* gradients;    // backward: of the low-rank updates and norms
  int64_t depth;       // rows of the groups before, filled up to whole panels
  void* d;             // backward: the gradient of the hidden states between two layers; null if one task goes through all layers
};

/// A tile that begins at the last row of a sequence reads 15 rows more, and a product reads whole panels of rows.
inline int64_t saved_rows(int64_t rows) { return (whole_panels(rows) + 1) * kPanel; }

/// Words of 16 keep bits for a row of that many elements.
inline int64_t kept_words(int64_t columns) { return 2 * whole_panels(columns); }
inline int64_t kept_words_of_attention(int64_t length) { return (length + 15) / 16; }

/// The stages of an encoder. Each needs the one before it to be complete; its parts are independent of each other. Stages of low-rank
/// updates are left out if a layer has none there.
enum EncoderStage {
  kLoad,  // before the first layer
  kLowerInput,
  kQueryKeyValue,
  kAttend,
  kLowerContext,
  kProjectAttention,
  kNormAttention,
  kLowerAttended,
  kExpand,
  kLowerInner,
  kContract,
  kNormOutput,
  kStore,  // after the last layer
};

/// The stages of the backward pass. Those that sum or keep are for the gradients of norms and of linear layers.
enum EncoderGradStage {
  kLoadGrad,  // before the last layer
  kSumOutputNorm,
  kNormOutputGrad,
  kKeepOutput,
  kLowerInnerGrad,
  kContractGrad,
  kKeepIntermediate,
  kLowerAttendedGrad,
  kExpandGrad,
  kSumAttentionNorm,
  kNormAttentionGrad,
  kKeepAttentionOutput,
  kLowerContextGrad,
  kProjectAttentionGrad,
  kAttendGrad,
  kKeepQueryKeyValue,
  kLowerInputGrad,
  kQueryKeyValueGrad,
  kStoreGrad,  // after the first layer
};

/// A part of a weight: some rows, from a multiple of kPanel on, and some panels of columns.
struct WeightBlock {
  int64_t row, end;
  int64_t panel, last;
};

struct EncoderKernels {
  /// Name of the unit that multiplies.
  const char* name;
  /// Bytes of a group's activations.
  int64_t (*activation_bytes)(const EncoderArgs&, int64_t rows, bool backward);
  /// Elements of one saved row of a layer.
  int64_t (*saved_columns)(const EncoderArgs&, const EncoderLayer&);
  /// Floats of scratch memory that one thread needs for groups of up to that many rows.
  int64_t (*scratch)(const EncoderArgs&, int64_t rows, bool backward);
  /// Computes part `part` of `parts` of a stage.
  /// @param layer number of the layer
  void (*run)(const EncoderArgs&, const EncoderGroup&, EncoderStage, int64_t layer, int64_t part, int64_t parts, float* scratch);
  void (*run_grad)(const EncoderArgs&, const EncoderGroup&, EncoderGradStage, int64_t layer, int64_t part, int64_t parts,
                   float* scratch);
  /// Computes part of the gradients of a linear layer's weight and bias, from what the stages have kept of all groups.
  void (*weight_grad)(const EncoderArgs&, const EncoderLayer&, Linear, const WeightBlock&, float* scratch);
  /// Floats of scratch memory for it.
  int64_t (*weight_scratch)(const EncoderArgs&, int64_t rows);
  /// Packs one panel of a weight in float32; see `pack_weights`.
  void (*pack)(const float* weight, int64_t out_features, int64_t in_features, bool transposed, int64_t panel, void* packed);
};

// float32 and bfloat16 widened to float32, by vectors.
extern const EncoderKernels kBaselineEncoder[kStorages];
#if defined(__x86_64__)
extern const EncoderKernels kAvx2Encoder[kStorages];
extern const EncoderKernels kAvx512Encoder[kStorages];
#endif

// bfloat16 by AVX512-BF16's dot products and by AMX's tiles. Null if the compiler does not know these instructions.
extern const EncoderKernels* const kAvx512Bf16Encoder;
extern const EncoderKernels* const kAmxEncoder;

/// AMX's tiles emulated in C++, to test on every machine what surrounds them.
extern const EncoderKernels kEmulatedTilesEncoder;

/// Cuts the sequences into groups of about equally many rows: a multiple of the number of threads, if there are enough rows.
std::vector<EncoderGroup> plan_groups(const EncoderArgs& args, int64_t sequences);

/// Adds a group behind the others: sequences [first, end) with `rows` tokens from `row` on.
void add_group(std::vector<EncoderGroup>& groups, int64_t first, int64_t end, int64_t row, int64_t rows);

/// Runs all layers on several threads: each takes groups of sequences through all of them without waiting for the others. If there
/// are fewer groups than threads, the threads share the stages of each. The result has the same bits in every case.
/// @return false if out of memory
bool run_encoder(const EncoderArgs& args, std::vector<EncoderGroup> groups, Storage storage);

/// The backward pass, from the last layer to the first. Each group adds up its own gradients of the low-rank updates and norms. Where
/// linear layers themselves are trained, all groups finish a layer before the next, and a product over all tokens gives each gradient,
/// while the groups go on.
/// @return false if out of memory
bool run_encoder_grad(const EncoderArgs& args, std::vector<EncoderGroup> groups, Storage storage);

/// Elements of a weight in packed form.
inline int64_t packed_elements(int64_t out_features, int64_t in_features) {
  return whole_panels(out_features) * whole_panels(in_features) * kPanel * kPanel;
}

/// A weight [out, in] to pack.
struct UnpackedWeight {
  const void* weight;
  int64_t out_features, in_features;
  void* packed;
};

/// Packs weights of storage type `from` into panels of storage type `to`, on several threads.
/// @param transposed the weights are stored as [in, out]
void pack_weights(const std::vector<UnpackedWeight>& weights, Storage from, bool transposed, Storage to);

/// Packs one weight on this thread.
void pack_weight_alone(const void* weight, Storage from, int64_t out_features, int64_t in_features, bool transposed, void* packed,
                       Storage to);

/// The encoder in use for a storage type.
const EncoderKernels& encoder_kernels(Storage storage);

/// The name of the unit in use for bfloat16.
const char* encoder_unit();

/// Selects the unit of that name for bfloat16, or the best one for an empty name. "vectors" are those of `kernels()`.
/// @return false if this processor does not have it
bool choose_encoder(const char* name);

/// Calls `visit` with the name of each unit that this processor has for bfloat16, best first.
void each_encoder(void (*visit)(const char* name, void* context), void* context);

}  // namespace fin
