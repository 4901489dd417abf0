// Interface of the transformer encoder's inner loops: one table of functions per unit that multiplies, filled by the isa-*.cc
// files from body-encoder.h.

#pragma once

#include <cstdint>

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

/// Parameters of one layer. Vectors are filled up with zeros to whole panels.
struct EncoderLayer {
  const void* weight[kLinears];  // packed
  const float* bias[kLinears];
  const float* gamma[kNorms];
  const float* beta[kNorms];
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
};

/// Neighbouring sequences that go through all layers together, and the memory for their activations.
struct EncoderGroup {
  int64_t first, end;  // sequences
  int64_t row, rows;   // their tokens
  char* activations;   // aligned to a cache line
};

/// The stages of an encoder. Each needs the one before it to be complete; its parts are independent of each other.
enum EncoderStage {
  kLoad,  // before the first layer
  kQueryKeyValue,
  kAttend,
  kProjectAttention,
  kNormAttention,
  kExpand,
  kContract,
  kNormOutput,
  kStore,  // after the last layer
};

struct EncoderKernels {
  /// Name of the unit that multiplies.
  const char* name;
  /// Bytes of a group's activations.
  int64_t (*activation_bytes)(const EncoderArgs&, int64_t rows);
  /// Floats of scratch memory that one thread needs for groups of up to that many rows and sequences of up to that length.
  int64_t (*scratch)(const EncoderArgs&, int64_t rows, int64_t longest);
  /// Computes part `part` of `parts` of a stage.
  void (*run)(const EncoderArgs&, const EncoderGroup&, EncoderStage, const EncoderLayer&, int64_t part, int64_t parts,
              float* scratch);
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

/// Runs all layers on several threads: each takes groups of sequences through all of them without waiting for the others. If there
/// are fewer groups than threads, the threads share the stages of each. The result has the same bits in every case.
/// @param sequences number of sequences; `args.offsets` has one element more
/// @return false if out of memory
bool run_encoder(const EncoderArgs& args, int64_t sequences, Storage storage);

/// Elements of a weight in packed form.
inline int64_t packed_elements(int64_t out_features, int64_t in_features) {
  return whole_panels(out_features) * whole_panels(in_features) * kPanel * kPanel;
}

/// Packs a weight [out, in] of storage type `from` into panels of storage type `to`, on several threads.
void pack_weight(const void* weight, Storage from, int64_t out_features, int64_t in_features, void* packed, Storage to);

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
