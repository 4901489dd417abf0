// Divides an encoder's work among threads.

#include "encoder.h"

#include <algorithm>
#include <atomic>
#include <initializer_list>
#include <vector>

#include "cpu.h"
#include "pool.h"

namespace fin {
namespace {

/// Rows of a group. More rows use each weight more often while it is in a cache, fewer keep the activations in the L2 cache of a
/// core and divide the work more evenly. Measured with 384 and 768 columns, about 200 rows were fastest (bfloat16: of 115, 192 and 419; float32: of 115 and 192).
constexpr int64_t kMostRows = 224;
constexpr int64_t kFewestRows = 32;

bool updated(const EncoderLayer& layer, std::initializer_list<Linear> linears) {
  return std::any_of(linears.begin(), linears.end(), [&](Linear which) { return layer.update[which].rank > 0; });
}

/// Calls `run(stage, layer)` for every stage, in order.
template <class Run>
void each_stage(const EncoderArgs& args, const Run& run) {
  run(kLoad, 0);
  for (int64_t i = 0; i < args.layer_count; i++) {
    const EncoderLayer& layer = args.layers[i];
    if (updated(layer, {kQuery, kKey, kValue})) run(kLowerInput, i);
    run(kQueryKeyValue, i);
    run(kAttend, i);
    if (updated(layer, {kAttentionOutput})) run(kLowerContext, i);
    run(kProjectAttention, i);
    run(kNormAttention, i);
    if (updated(layer, {kIntermediate})) run(kLowerAttended, i);
    run(kExpand, i);
    if (updated(layer, {kOutput})) run(kLowerInner, i);
    run(kContract, i);
    run(kNormOutput, i);
  }
  run(kStore, args.layer_count - 1);
}

/// Calls `run(stage, layer)` for every stage of the backward pass that leads to a requested gradient, in order.
template <class Run>
void each_grad_stage(const EncoderArgs& args, const Run& run) {
  run(kLoadGrad, args.layer_count - 1);
  for (int64_t i = args.layer_count - 1; i >= 0; i--) {
    const EncoderLayer& layer = args.layers[i];
    // Whether anything below needs a gradient.
    bool below = args.dx != nullptr;
    for (int64_t k = 0; k < i; k++) {
      below = below || updated(args.layers[k], {kQuery, kKey, kValue, kAttentionOutput, kIntermediate, kOutput});
    }
    const bool input = below || updated(layer, {kQuery, kKey, kValue});
    const bool context = input || updated(layer, {kAttentionOutput});
    const bool attended = context || updated(layer, {kIntermediate});
    if (!attended && !updated(layer, {kOutput})) return;
    run(kNormOutputGrad, i);
    if (updated(layer, {kOutput})) run(kLowerInnerGrad, i);
    run(kContractGrad, i);
    if (!attended) return;
    if (updated(layer, {kIntermediate})) run(kLowerAttendedGrad, i);
    run(kExpandGrad, i);
    if (!context) return;
    run(kNormAttentionGrad, i);
    if (updated(layer, {kAttentionOutput})) run(kLowerContextGrad, i);
    run(kProjectAttentionGrad, i);
    if (!input) return;
    run(kAttendGrad, i);
    if (updated(layer, {kQuery, kKey, kValue})) run(kLowerInputGrad, i);
    run(kQueryKeyValueGrad, i);
    if (!below) return;
  }
  run(kStoreGrad, 0);
}

constexpr int64_t kLineFloats = 16;

int64_t whole_lines(int64_t floats) { return (floats + kLineFloats - 1) / kLineFloats * kLineFloats; }

/// Runs the stages that `each` calls, on several threads.
/// @param each calls its argument with stage and layer
/// @param run_part computes part `part` of `parts` of a stage
template <class Each, class RunPart>
bool run_stages(const EncoderArgs& args, std::vector<EncoderGroup>& groups, Storage storage, bool backward, const Each& each,
                const RunPart& run_part) {
  const EncoderKernels& kernels = encoder_kernels(storage);
  int64_t most_rows = 0;
  for (const EncoderGroup& group : groups) most_rows = std::max(most_rows, group.rows);
  const int64_t scratch_floats = whole_lines(kernels.scratch(args, most_rows, backward));
  const int64_t activation_floats = whole_lines((kernels.activation_bytes(args, most_rows, backward) + 3) / 4);
  std::atomic<bool> enough_memory{true};
  const auto count = static_cast<int64_t>(groups.size());
  if (count >= threads() || threads() == 1) {
    parallel_for(count, [&](int64_t i) {
      float* memory = thread_scratch(activation_floats + scratch_floats);
      if (memory == nullptr) {
        enough_memory = false;
        return;
      }
      EncoderGroup& group = groups[static_cast<size_t>(i)];
      group.activations = reinterpret_cast<char*>(memory);
      each([&](auto stage, int64_t layer) { run_part(kernels, group, stage, layer, 0, 1, memory + activation_floats); });
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
    each([&](auto stage, int64_t layer) {
      const int64_t parts = threads();
      parallel_for(parts, [&](int64_t part) {
        float* memory = thread_scratch(scratch_floats);
        if (memory == nullptr) {
          enough_memory = false;
          return;
        }
        run_part(kernels, group, stage, layer, part, parts, memory);
      });
    });
  }
  return enough_memory;
}

}  // namespace

std::vector<EncoderGroup> plan_groups(const EncoderArgs& args, int64_t sequences) {
  const int64_t tokens = args.offsets[sequences];
  const int64_t needed = (tokens + kMostRows - 1) / kMostRows;
  const int64_t even = (needed + threads() - 1) / threads() * threads();
  const int64_t wanted = std::max(needed, std::min(even, tokens / kFewestRows));
  std::vector<EncoderGroup> groups;
  int64_t first = 0, saved = 0;
  for (int64_t i = 1; i <= wanted && first < sequences; i++) {
    const int64_t target = tokens * i / wanted;
    int64_t end = first + 1;
    const auto distance = [&](int64_t to) { return std::abs(args.offsets[to] - target); };
    while (end < sequences && distance(end + 1) <= distance(end)) end++;
    if (i == wanted) end = sequences;
    const int64_t row = args.offsets[first], rows = args.offsets[end] - row;
    if (rows > 0) {
      groups.push_back({first, end, row, rows, nullptr, saved, nullptr});
      saved += saved_rows(rows);
    }
    first = end;
  }
  return groups;
}

bool run_encoder(const EncoderArgs& args, std::vector<EncoderGroup> groups, Storage storage) {
  return run_stages(
      args, groups, storage, false, [&](const auto& run) { each_stage(args, run); },
      [&](const EncoderKernels& kernels, const EncoderGroup& group, EncoderStage stage, int64_t layer, int64_t part, int64_t parts,
          float* scratch) { kernels.run(args, group, stage, layer, part, parts, scratch); });
}

bool run_encoder_grad(const EncoderArgs& args, std::vector<EncoderGroup> groups, Storage storage) {
  return run_stages(
      args, groups, storage, true, [&](const auto& run) { each_grad_stage(args, run); },
      [&](const EncoderKernels& kernels, const EncoderGroup& group, EncoderGradStage stage, int64_t layer, int64_t part,
          int64_t parts, float* scratch) { kernels.run_grad(args, group, stage, layer, part, parts, scratch); });
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
void pack_panel(const void* weight, int64_t out_features, int64_t in_features, bool transposed, int64_t panel, void* packed) {
  constexpr int64_t kDepths = sizeof(To) == 2 ? 2 : 1;
  const int64_t out_step = transposed ? 1 : in_features, in_step = transposed ? out_features : 1;
  const int64_t depth = whole_panels(in_features) * kPanel;
  To* to = static_cast<To*>(packed) + panel * kPanel * depth;
  for (int64_t col = 0; col < kPanel; col++) {
    const int64_t out = panel * kPanel + col;
    for (int64_t k = 0; k < depth; k++) {
      const bool present = out < out_features && k < in_features;
      const float value = present ? widened(static_cast<const From*>(weight) + out * out_step + k * in_step) : 0.0f;
      convert(value, to + k / kDepths * kDepths * kPanel + col * kDepths + k % kDepths);
    }
  }
}

auto panel_packing(Storage from, Storage to) {
  if (from == kFloat32) return to == kFloat32 ? &pack_panel<float, float> : &pack_panel<float, uint16_t>;
  return to == kFloat32 ? &pack_panel<uint16_t, float> : &pack_panel<uint16_t, uint16_t>;
}

}  // namespace

void pack_weight(const void* weight, Storage from, int64_t out_features, int64_t in_features, bool transposed, void* packed,
                 Storage to) {
  const auto pack = panel_packing(from, to);
  parallel_for(whole_panels(out_features),
               [&](int64_t panel) { pack(weight, out_features, in_features, transposed, panel, packed); });
}

void pack_weight_alone(const void* weight, Storage from, int64_t out_features, int64_t in_features, bool transposed, void* packed,
                       Storage to) {
  const auto pack = panel_packing(from, to);
  for (int64_t panel = 0; panel < whole_panels(out_features); panel++) {
    pack(weight, out_features, in_features, transposed, panel, packed);
  }
}

}  // namespace fin
