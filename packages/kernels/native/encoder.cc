// Divides an encoder's work among threads.

#include "encoder.h"

#include <algorithm>
#include <atomic>
#include <initializer_list>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "cpu.h"
#include "pool.h"

namespace fin {
namespace {

/// Rows of a group. More rows use each weight more often while it is in a cache, fewer keep the activations in the L2 cache of a
/// core and divide the work more evenly. Measured with 384 and 768 columns, about 200 rows were fastest (bfloat16: of 115, 192 and 419; float32: of 115 and 192).
constexpr int64_t kMostRows = 224;
constexpr int64_t kFewestRows = 32;

using Linears = std::initializer_list<Linear>;
constexpr Linears kAll = {kQuery, kKey, kValue, kAttentionOutput, kIntermediate, kOutput};
constexpr Linears kInputs = {kQuery, kKey, kValue};

bool updated(const EncoderLayer& layer, Linears linears) {
  return std::any_of(linears.begin(), linears.end(), [&](Linear which) { return layer.update[which].rank > 0; });
}

bool trains(const EncoderLayer& layer, Linears linears) {
  return std::any_of(linears.begin(), linears.end(),
                     [&](Linear which) { return layer.trained[which].weight || layer.trained[which].bias; });
}

bool trains(const EncoderLayer& layer, Norm norm) { return layer.trained_norm[norm].gamma || layer.trained_norm[norm].beta; }

/// Whether any gradient of the layer is requested.
bool trains(const EncoderLayer& layer) {
  return updated(layer, kAll) || trains(layer, kAll) || trains(layer, kAttentionNorm) || trains(layer, kOutputNorm);
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

/// Calls `run(stage, layer)` for every stage of a layer's backward pass that leads to a requested gradient, in order.
/// @return whether anything below the layer needs a gradient
template <class Run>
bool each_grad_stage(const EncoderArgs& args, int64_t i, const Run& run) {
  const EncoderLayer& layer = args.layers[i];
  const bool below = args.dx != nullptr || std::any_of(args.layers, args.layers + i, [](const EncoderLayer& one) { return trains(one); });
  const auto wants = [&](Linears linears) { return updated(layer, linears) || trains(layer, linears); };
  const bool input = below || wants(kInputs);
  const bool context = input || wants({kAttentionOutput});
  const bool norm = context || trains(layer, kAttentionNorm);
  const bool attended = norm || wants({kIntermediate});
  const bool output = attended || wants({kOutput});
  if (i + 1 == args.layer_count) run(kLoadGrad, i);
  if (trains(layer, kOutputNorm)) run(kSumOutputNorm, i);
  if (!output) return false;
  run(kNormOutputGrad, i);
  if (trains(layer, {kOutput})) run(kKeepOutput, i);
  if (updated(layer, {kOutput})) run(kLowerInnerGrad, i);
  if (attended || updated(layer, {kOutput})) run(kContractGrad, i);
  if (!attended) return false;
  if (trains(layer, {kIntermediate})) run(kKeepIntermediate, i);
  if (updated(layer, {kIntermediate})) run(kLowerAttendedGrad, i);
  if (norm || updated(layer, {kIntermediate})) run(kExpandGrad, i);
  if (!norm) return false;
  if (trains(layer, kAttentionNorm)) run(kSumAttentionNorm, i);
  if (!context) return false;
  run(kNormAttentionGrad, i);
  if (trains(layer, {kAttentionOutput})) run(kKeepAttentionOutput, i);
  if (updated(layer, {kAttentionOutput})) run(kLowerContextGrad, i);
  if (input || updated(layer, {kAttentionOutput})) run(kProjectAttentionGrad, i);
  if (!input) return false;
  run(kAttendGrad, i);
  if (trains(layer, kInputs)) run(kKeepQueryKeyValue, i);
  if (updated(layer, kInputs)) run(kLowerInputGrad, i);
  if (below || updated(layer, kInputs)) run(kQueryKeyValueGrad, i);
  if (i == 0 && below) run(kStoreGrad, i);
  return below;
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
  int64_t first = 0;
  for (int64_t i = 1; i <= wanted && first < sequences; i++) {
    const int64_t target = tokens * i / wanted;
    int64_t end = first + 1;
    const auto distance = [&](int64_t to) { return std::abs(args.offsets[to] - target); };
    while (end < sequences && distance(end + 1) <= distance(end)) end++;
    if (i == wanted) end = sequences;
    const int64_t row = args.offsets[first], rows = args.offsets[end] - row;
    if (rows > 0) add_group(groups, first, end, row, rows);
    first = end;
  }
  return groups;
}

void add_group(std::vector<EncoderGroup>& groups, int64_t first, int64_t end, int64_t row, int64_t rows) {
  EncoderGroup group{};
  group.first = first;
  group.end = end;
  group.row = row;
  group.rows = rows;
  if (!groups.empty()) {
    const EncoderGroup& before = groups.back();
    group.saved_row = before.saved_row + saved_rows(before.rows);
    group.depth = before.depth + whole_panels(before.rows) * kPanel;
  }
  groups.push_back(group);
}

bool run_encoder(const EncoderArgs& args, std::vector<EncoderGroup> groups, Storage storage) {
  return run_stages(
      args, groups, storage, false, [&](const auto& run) { each_stage(args, run); },
      [&](const EncoderKernels& kernels, const EncoderGroup& group, EncoderStage stage, int64_t layer, int64_t part, int64_t parts,
          float* scratch) { kernels.run(args, group, stage, layer, part, parts, scratch); });
}

namespace {

/// Rows and panels of a weight whose gradient is computed at once: they stay in a core's L2 cache.
constexpr int64_t kBlockRows = 384;
constexpr int64_t kBlockPanels = 12;

/// Memory that begins at a cache line and is not set.
class Memory {
 public:
  explicit Memory(int64_t bytes) : memory_(new (std::nothrow) char[static_cast<size_t>(bytes + kLineFloats * 4)]) {}
  bool ok() const { return memory_ != nullptr; }
  char* take(int64_t bytes) {
    const auto address = (reinterpret_cast<uintptr_t>(memory_.get()) + taken_ + 63) / 64 * 64;
    taken_ += static_cast<uintptr_t>((bytes + 63) / 64 * 64);
    return reinterpret_cast<char*>(address);
  }

 private:
  std::unique_ptr<char[]> memory_;
  uintptr_t taken_ = 0;
};

/// Calls `visit(which, place, bytes)` for what is kept of a layer for the gradients of its linear layers.
template <class Visit>
void each_kept(const EncoderArgs& args, EncoderLayer& layer, int64_t element, const Visit& visit) {
  void** input = nullptr;
  for (const Linear which : kAll) {
    LinearGradients& own = layer.trained[which];
    if (!own.weight && !own.bias) continue;
    visit(&own.dy, whole_panels(which == kIntermediate ? args.intermediate : args.hidden) * kPanel * args.turned_step * element);
    if (!own.weight) continue;
    const bool shared = which <= kValue;
    if (shared && input != nullptr) {
      own.x = *input;
      continue;
    }
    visit(&own.x, whole_panels(which == kOutput ? args.intermediate : args.hidden) * kPanel * args.depth * element);
    if (shared) input = &own.x;
  }
}

struct WeightTask {
  int64_t layer;
  Linear which;
  WeightBlock block;
};

void add_weight_tasks(const EncoderArgs& args, int64_t number, std::vector<WeightTask>& tasks) {
  for (const Linear which : kAll) {
    const LinearGradients& own = args.layers[number].trained[which];
    if (!own.weight && !own.bias) continue;
    const int64_t out = which == kIntermediate ? args.intermediate : args.hidden;
    const int64_t panels = own.weight ? whole_panels(which == kOutput ? args.intermediate : args.hidden) : 1;
    for (int64_t row = 0; row < out; row += kBlockRows) {
      for (int64_t panel = 0; panel < panels; panel += kBlockPanels) {
        tasks.push_back({number, which, {row, std::min(row + kBlockRows, out), panel, std::min(panel + kBlockPanels, panels)}});
      }
    }
  }
}

/// The backward pass layer by layer, where linear layers are trained. What is kept of a layer is needed while the groups are in the next
/// one, so that two neighbours keep it in different memory.
bool run_layers_grad(const EncoderArgs& given, std::vector<EncoderGroup>& groups, Storage storage) {
  const EncoderKernels& kernels = encoder_kernels(storage);
  const int64_t element = storage == kFloat32 ? 4 : 2;
  std::vector<EncoderLayer> layers(given.layers, given.layers + given.layer_count);
  EncoderArgs args = given;
  args.layers = layers.data();
  args.depth = groups.back().depth + whole_panels(groups.back().rows) * kPanel;
  // Rows that lie a power of two apart would share cache sets.
  args.turned_step = args.depth + 64 / element;
  int64_t most_kept = 0, most_rows = 0, all_rows = 0;
  for (EncoderLayer& layer : layers) {
    int64_t kept = 0;
    each_kept(args, layer, element, [&](void**, int64_t bytes) { kept += (bytes + 63) / 64 * 64; });
    most_kept = std::max(most_kept, kept);
  }
  for (const EncoderGroup& group : groups) {
    most_rows = std::max(most_rows, group.rows);
    all_rows += saved_rows(group.rows);
  }
  const int64_t row_bytes = whole_panels(args.hidden) * kPanel * element + 64;
  const int64_t scratch_floats = whole_lines(kernels.scratch(args, most_rows, true));
  const int64_t activation_floats = whole_lines((kernels.activation_bytes(args, most_rows, true) + 3) / 4);
  const int64_t weight_floats = whole_lines(kernels.weight_scratch(args, kBlockRows));
  const auto count = static_cast<int64_t>(groups.size());
  const bool together = count < threads();
  const int64_t bytes = 2 * most_kept + all_rows * row_bytes + (together ? activation_floats * 4 : 0);
  Memory memory(bytes);
  if (!memory.ok()) return false;
  for (EncoderGroup& group : groups) group.d = memory.take(saved_rows(group.rows) * row_bytes);
  char* const kept[2] = {memory.take(most_kept), memory.take(most_kept)};
  for (int64_t i = 0; i < args.layer_count; i++) {
    char* next = kept[i % 2];
    each_kept(args, layers[static_cast<size_t>(i)], element, [&](void** place, int64_t size) {
      *place = next;
      next += (size + 63) / 64 * 64;
    });
  }
  if (together) {
    char* const shared = memory.take(activation_floats * 4);
    for (EncoderGroup& group : groups) group.activations = shared;
  }
  std::atomic<bool> enough_memory{true};
  std::vector<WeightTask> tasks;
  const auto with_scratch = [&](int64_t floats, const auto& run) {
    float* scratch = thread_scratch(floats);
    if (scratch == nullptr) {
      enough_memory = false;
    } else {
      run(scratch);
    }
  };
  const auto run_task = [&](const WeightTask& task) {
    with_scratch(weight_floats, [&](float* scratch) {
      kernels.weight_grad(args, args.layers[task.layer], task.which, task.block, scratch);
    });
  };
  const auto waiting = [&] { return static_cast<int64_t>(tasks.size()); };
  bool below = true;
  for (int64_t i = args.layer_count - 1; i >= 0 && below; i--) {
    below = each_grad_stage(args, i, [](EncoderGradStage, int64_t) {});
    if (together) {
      for (const EncoderGroup& group : groups) {
        each_grad_stage(args, i, [&](EncoderGradStage stage, int64_t layer) {
          const int64_t parts = threads();
          parallel_for(parts, [&](int64_t part) {
            with_scratch(scratch_floats, [&](float* scratch) { kernels.run_grad(args, group, stage, layer, part, parts, scratch); });
          });
        });
      }
      tasks.clear();
      add_weight_tasks(args, i, tasks);
      parallel_for(waiting(), [&](int64_t task) { run_task(tasks[static_cast<size_t>(task)]); });
      continue;
    }
    parallel_for(count + waiting(), [&](int64_t task) {
      if (task >= count) return run_task(tasks[static_cast<size_t>(task - count)]);
      EncoderGroup& group = groups[static_cast<size_t>(task)];
      with_scratch(activation_floats + scratch_floats, [&](float* scratch) {
        group.activations = reinterpret_cast<char*>(scratch);
        each_grad_stage(args, i, [&](EncoderGradStage stage, int64_t layer) {
          kernels.run_grad(args, group, stage, layer, 0, 1, scratch + activation_floats);
        });
      });
    });
    tasks.clear();
    add_weight_tasks(args, i, tasks);
  }
  if (!together) parallel_for(waiting(), [&](int64_t task) { run_task(tasks[static_cast<size_t>(task)]); });
  return enough_memory;
}

}  // namespace

bool run_encoder_grad(const EncoderArgs& args, std::vector<EncoderGroup> groups, Storage storage) {
  const auto trains_linears = [](const EncoderLayer& layer) { return trains(layer, kAll); };
  if (groups.empty()) return true;
  if (std::any_of(args.layers, args.layers + args.layer_count, trains_linears)) return run_layers_grad(args, groups, storage);
  return run_stages(
      args, groups, storage, true,
      [&](const auto& run) {
        for (int64_t i = args.layer_count - 1; i >= 0 && each_grad_stage(args, i, run); i--) continue;
      },
      [&](const EncoderKernels& kernels, const EncoderGroup& group, EncoderGradStage stage, int64_t layer, int64_t part,
          int64_t parts, float* scratch) { kernels.run_grad(args, group, stage, layer, part, parts, scratch); });
}

namespace {

void convert(uint16_t value, uint16_t* to) { *to = value; }

void convert(uint16_t value, float* to) {
  const uint32_t bits = static_cast<uint32_t>(value) << 16;
  __builtin_memcpy(to, &bits, sizeof bits);
}

/// Packs a panel of a weight in bfloat16. See `kPanel` for the layout.
template <class To>
void pack_low_panel(const uint16_t* weight, int64_t out_features, int64_t in_features, bool transposed, int64_t panel, void* packed) {
  constexpr int64_t kDepths = sizeof(To) == 2 ? 2 : 1;
  const int64_t out_step = transposed ? 1 : in_features, in_step = transposed ? out_features : 1;
  const int64_t depth = whole_panels(in_features) * kPanel;
  To* to = static_cast<To*>(packed) + panel * kPanel * depth;
  for (int64_t col = 0; col < kPanel; col++) {
    const int64_t out = panel * kPanel + col;
    for (int64_t k = 0; k < depth; k++) {
      const bool present = out < out_features && k < in_features;
      convert(present ? weight[out * out_step + k * in_step] : uint16_t{0}, to + k / kDepths * kDepths * kPanel + col * kDepths + k % kDepths);
    }
  }
}

/// One panel of `pack_weights`.
void pack_panel(const void* weight, Storage from, int64_t out_features, int64_t in_features, bool transposed, int64_t panel,
                void* packed, Storage to) {
  if (from == kFloat32) {
    const auto* wide = static_cast<const float*>(weight);
    return encoder_kernels(to).pack(wide, out_features, in_features, transposed, panel, packed);
  }
  const auto* low = static_cast<const uint16_t*>(weight);
  if (to == kFloat32) return pack_low_panel<float>(low, out_features, in_features, transposed, panel, packed);
  pack_low_panel<uint16_t>(low, out_features, in_features, transposed, panel, packed);
}

}  // namespace

void pack_weights(const std::vector<UnpackedWeight>& weights, Storage from, bool transposed, Storage to) {
  std::vector<std::pair<const UnpackedWeight*, int64_t>> panels;
  for (const UnpackedWeight& one : weights) {
    for (int64_t panel = 0; panel < whole_panels(one.out_features); panel++) panels.emplace_back(&one, panel);
  }
  parallel_for(static_cast<int64_t>(panels.size()), [&](int64_t i) {
    const auto [one, panel] = panels[static_cast<size_t>(i)];
    pack_panel(one->weight, from, one->out_features, one->in_features, transposed, panel, one->packed, to);
  });
}

void pack_weight_alone(const void* weight, Storage from, int64_t out_features, int64_t in_features, bool transposed, void* packed,
                       Storage to) {
  for (int64_t panel = 0; panel < whole_panels(out_features); panel++) {
    pack_panel(weight, from, out_features, in_features, transposed, panel, packed, to);
  }
}

}  // namespace fin
