// Divides an encoder's work among threads.

#include "encoder.h"

#include <algorithm>
#include <atomic>
#include <vector>

#include "cpu.h"
#include "pool.h"

namespace fin {
namespace {

/// Rows of a group. More rows use each weight more often while it is in a cache, fewer keep the activations in the L2 cache of a
/// core and divide the work more evenly. Measured with 384 and 768 columns, about 200 rows were fastest (bfloat16: of 115, 192 and 419; float32: of 115 and 192).
constexpr int64_t kMostRows = 224;
constexpr int64_t kFewestRows = 32;

constexpr EncoderStage kLayerStages[] = {kQueryKeyValue, kAttend,   kProjectAttention, kNormAttention,
                                         kExpand,        kContract, kNormOutput};

/// Cuts the sequences into groups of about equally many rows: a multiple of the number of threads, if there are enough rows.
std::vector<EncoderGroup> plan_groups(const EncoderArgs& args, int64_t sequences) {
  const int64_t tokens = args.offsets[sequences];
  const int64_t needed = (tokens + kMostRows - 1) / kMostRows;
  const int64_t even = (needed + threads() - 1) / threads() * threads();
  const int64_t wanted = std::max(needed, std::min(even, tokens / kFewestRows));
  std::vector<EncoderGroup> groups;
  int64_t first = 0;
  for (int64_t i = 1; i <= wanted && first < sequences; i++) {
    const int64_t target = tokens * i / wanted;
    int64_t end = first + 1;
    const auto distance = [&](int64_t to) { return std::abs(args.offsets[to] - target); };
    while (end < sequences && distance(end + 1) <= distance(end)) end++;
    if (i == wanted) end = sequences;
    const int64_t row = args.offsets[first], rows = args.offsets[end] - row;
    if (rows > 0) groups.push_back({first, end, row, rows, nullptr});
    first = end;
  }
  return groups;
}

/// Calls `run(stage, layer)` for every stage, in order.
template <class Run>
void each_stage(const EncoderArgs& args, const Run& run) {
  const EncoderLayer none{};
  run(kLoad, none);
  for (int64_t i = 0; i < args.layer_count; i++) {
    for (const EncoderStage stage : kLayerStages) run(stage, args.layers[i]);
  }
  run(kStore, none);
}

constexpr int64_t kLineFloats = 16;

int64_t whole_lines(int64_t floats) { return (floats + kLineFloats - 1) / kLineFloats * kLineFloats; }

}  // namespace

bool run_encoder(const EncoderArgs& args, int64_t sequences, Storage storage) {
  const EncoderKernels& kernels = encoder_kernels(storage);
  std::vector<EncoderGroup> groups = plan_groups(args, sequences);
  int64_t longest = 0, most_rows = 0;
  for (int64_t i = 0; i < sequences; i++) longest = std::max<int64_t>(longest, args.offsets[i + 1] - args.offsets[i]);
  for (const EncoderGroup& group : groups) most_rows = std::max(most_rows, group.rows);
  const int64_t scratch_floats = whole_lines(kernels.scratch(args, most_rows, longest));
  const int64_t activation_floats = whole_lines((kernels.activation_bytes(args, most_rows) + 3) / 4);
  std::atomic<bool> enough_memory{true};
  const auto count = static_cast<int64_t>(groups.size());
  if (count >= threads() || threads() == 1) {
    parallel_for(count, [&](int64_t i) {
      float* memory = thread_scratch(activation_floats + scratch_floats);
      if (memory == nullptr) {
        enough_memory = false;
        return;
      }
      EncoderGroup group = groups[static_cast<size_t>(i)];
      group.activations = reinterpret_cast<char*>(memory);
      each_stage(args, [&](EncoderStage stage, const EncoderLayer& layer) {
        kernels.run(args, group, stage, layer, 0, 1, memory + activation_floats);
      });
    });
    return enough_memory;
  }
  std::vector<float> shared;
  try {
    shared.resize(static_cast<size_t>(activation_floats + kLineFloats));
  } catch (const std::bad_alloc&) {
    return false;
  }
  const auto address = reinterpret_cast<uintptr_t>(shared.data());
  for (EncoderGroup& group : groups) {
    group.activations = reinterpret_cast<char*>((address + 63) / 64 * 64);
    each_stage(args, [&](EncoderStage stage, const EncoderLayer& layer) {
      const int64_t parts = threads();
      parallel_for(parts, [&](int64_t part) {
        float* memory = thread_scratch(scratch_floats);
        if (memory == nullptr) {
          enough_memory = false;
          return;
        }
        kernels.run(args, group, stage, layer, part, parts, memory);
      });
    });
  }
  return enough_memory;
}

namespace {

float widened(const float* from) { return *from; }

float widened(const uint16_t* from) {
  const uint32_t bits = static_cast<uint32_t>(*from) << 16;
  float value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}

void convert(float value, float* to) { *to = value; }

/// Rounds to nearest, ties to even; NaN stays NaN.
void convert(float value, uint16_t* to) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  const uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  *to = static_cast<uint16_t>(value == value ? rounded : (bits >> 16) | 0x40);
}

/// See `kPanel` for the layout.
template <class From, class To>
void pack_panel(const From* weight, int64_t out_features, int64_t in_features, int64_t panel, To* packed) {
  constexpr int64_t kDepths = sizeof(To) == 2 ? 2 : 1;
  const int64_t depth = whole_panels(in_features) * kPanel;
  To* to = packed + panel * kPanel * depth;
  for (int64_t col = 0; col < kPanel; col++) {
    const int64_t out = panel * kPanel + col;
    for (int64_t k = 0; k < depth; k++) {
      const bool present = out < out_features && k < in_features;
      const float value = present ? widened(weight + out * in_features + k) : 0.0f;
      convert(value, to + k / kDepths * kDepths * kPanel + col * kDepths + k % kDepths);
    }
  }
}

template <class From, class To>
void pack_all(const void* weight, int64_t out_features, int64_t in_features, void* packed) {
  parallel_for(whole_panels(out_features), [&](int64_t panel) {
    pack_panel(static_cast<const From*>(weight), out_features, in_features, panel, static_cast<To*>(packed));
  });
}

}  // namespace

void pack_weight(const void* weight, Storage from, int64_t out_features, int64_t in_features, void* packed, Storage to) {
  const auto pack = from == kFloat32 ? (to == kFloat32 ? &pack_all<float, float> : &pack_all<float, uint16_t>)
                                     : (to == kFloat32 ? &pack_all<uint16_t, float> : &pack_all<uint16_t, uint16_t>);
  pack(weight, out_features, in_features, packed);
}

}  // namespace fin
