// FinAdamW8bit: one update of all parameters, whose moments are stored in 8 bits.  FinAdamW8bitState: the buffer of the moments, which
// FinAdamW8bit changes in place.  FinAdamW8bitMoments: copies of the moments in it.
//
// The buffer: codes of all means, codes of all mean squares, filled up to whole floats, scales of all means, scales of all mean squares.

#include "cpu.h"
#include "op.h"
#include "optimizer-state.h"
#include "pool.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace fin {
namespace {

int64_t blocks_of(int64_t elements) { return (elements + kCodeBlock - 1) / kCodeBlock; }

/// Where the moments lie in the buffer.
struct Layout {
  explicit Layout(const std::vector<int64_t>& sizes) {
    for (const int64_t size : sizes) {
      elements += size;
      blocks += blocks_of(size);
    }
    scales = (2 * elements + 3) / 4 * 4;
    bytes = scales + 2 * blocks * static_cast<int64_t>(sizeof(float));
  }

  int64_t elements = 0, blocks = 0;
  int64_t scales = 0;  // begin in bytes
  int64_t bytes = 0;
};

/// The moments of one tensor, and then of the next.
struct Cursor {
  Cursor(const Layout& layout, void* state)
      : means(static_cast<uint8_t*>(state)),
        squares(means + layout.elements),
        mean_scales(reinterpret_cast<float*>(means + layout.scales)),
        square_scales(mean_scales + layout.blocks) {}

  void advance(int64_t elements) {
    means += elements;
    squares += elements;
    mean_scales += blocks_of(elements);
    square_scales += blocks_of(elements);
  }

  uint8_t *means, *squares;
  float *mean_scales, *square_scales;
};

/// Sizes of the tensors, from a vector of `count` numbers.
std::vector<int64_t> read_sizes(Call& call, const Tensor& sizes, int64_t count) {
  call.expect_vector(sizes, "sizes", count);
  std::vector<int64_t> list;
  for (int64_t i = 0; call.ok() && i < count; i++) {
    list.push_back(sizes.data<int32_t>()[i]);
    call.expect(list.back() >= 0, [&] { return "a size is " + std::to_string(list.back()); });
  }
  return list;
}

void compute_state(void* kernel, TF_OpKernelContext* context) {
  const int64_t count = static_cast<ListAttributes*>(kernel)->count;
  Call call(context, "FinAdamW8bitState");
  Tensor given_sizes;
  call.input(0, given_sizes);
  const auto means = call.inputs(1, count), mean_scales = call.inputs(1 + count, count);
  const auto squares = call.inputs(1 + 2 * count, count), square_scales = call.inputs(1 + 3 * count, count);
  if (!call.ok()) return;
  const std::vector<int64_t> sizes = read_sizes(call, given_sizes, count);
  for (size_t i = 0; call.ok() && i < sizes.size(); i++) {
    if (means[i]->elements() == 0 && squares[i]->elements() == 0) continue;
    for (const auto* codes : {&means, &squares}) call.expect_vector(*(*codes)[i], "a tensor of codes", sizes[i]);
    for (const auto* scales : {&mean_scales, &square_scales}) {
      call.expect_vector(*(*scales)[i], "a tensor of scales", blocks_of(sizes[i]));
    }
  }
  if (!call.ok()) return;
  const Layout layout(sizes);
  void* const data = state_output(call, 0, TF_UINT8, {layout.bytes});
  if (data == nullptr) return;
  std::memset(data, 0, static_cast<size_t>(layout.bytes));
  Cursor to(layout, data);
  for (size_t i = 0; i < sizes.size(); to.advance(sizes[i]), i++) {
    if (means[i]->elements() == 0) continue;
    std::memcpy(to.means, means[i]->data(), static_cast<size_t>(sizes[i]));
    std::memcpy(to.squares, squares[i]->data(), static_cast<size_t>(sizes[i]));
    const size_t scales = static_cast<size_t>(blocks_of(sizes[i])) * sizeof(float);
    std::memcpy(to.mean_scales, mean_scales[i]->data(), scales);
    std::memcpy(to.square_scales, square_scales[i]->data(), scales);
  }
}

void compute_moments(void* kernel, TF_OpKernelContext* context) {
  const int64_t count = static_cast<ListAttributes*>(kernel)->count;
  Call call(context, "FinAdamW8bitMoments");
  Tensor state, given_sizes;
  call.input(0, state);
  call.input(1, given_sizes);
  if (!call.ok()) return;
  const std::vector<int64_t> sizes = read_sizes(call, given_sizes, count);
  if (!call.ok()) return;
  const Layout layout(sizes);
  call.expect_vector(state, "state", layout.bytes);
  if (!call.ok()) return;
  Cursor from(layout, state.data());
  for (size_t i = 0; call.ok() && i < sizes.size(); from.advance(sizes[i]), i++) {
    const auto copy = [&](int64_t list, TF_DataType dtype, int64_t elements, const void* data) {
      Tensor output;
      call.output(static_cast<int>(list * count + static_cast<int64_t>(i)), output, dtype, {elements});
      if (call.ok() && elements > 0) std::memcpy(output.data(), data, static_cast<size_t>(elements) * TF_DataTypeSize(dtype));
    };
    copy(0, TF_UINT8, sizes[i], from.means);
    copy(1, TF_FLOAT, blocks_of(sizes[i]), from.mean_scales);
    copy(2, TF_UINT8, sizes[i], from.squares);
    copy(3, TF_FLOAT, blocks_of(sizes[i]), from.square_scales);
  }
}

float from_bits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// Prepares the search in a map of ascending codes.
/// @return false if two numbers between neighbouring codes fall in one bucket
bool prepare(const float* codes, CodeMap& map) {
  std::copy_n(codes, kCodes, map.codes);
  for (int64_t i = 0; i + 1 < kCodes; i++) map.midpoints[i] = (codes[i] + codes[i + 1]) / 2.0f;
  map.midpoints[kCodes - 1] = std::numeric_limits<float>::infinity();
  const auto nearest = [&](float value) {
    return static_cast<int32_t>(std::lower_bound(map.midpoints, map.midpoints + kCodes - 1, value) - map.midpoints);
  };
  for (int64_t i = 0; i < kBuckets; i++) {
    const auto upper = static_cast<uint32_t>(kFirstBucketBits + i) << 16;
    const float least = i == 0 ? 0.0f : from_bits(upper), most = from_bits(upper | 0xffffu);
    map.lowest[i] = nearest(least);
    map.lowest[kBuckets + i] = nearest(-most);
    if (nearest(most) > map.lowest[i] + 1 || nearest(-least) > map.lowest[kBuckets + i] + 1) return false;
  }
  return true;
}

/// Columns of the settings: the fields of Adam8bitArgs from `rate` on.
constexpr int64_t kSettings = 7;

/// Whole blocks of one tensor of weights, and the rest of it, as a task.
struct Part {
  Adam8bitArgs args;
  int64_t count;
};

void compute_adam(void* kernel, TF_OpKernelContext* context) {
  Call call(context, "FinAdamW8bit");
  Tensor state, maps;
  UpdateInputs inputs;
  call.input(0, state);
  call.input(3, maps);
  inputs.read(call, *static_cast<UpdateAttributes*>(kernel), 4, kSettings);
  if (!call.ok()) return;
  const auto& [settings, factor, weights, gradients, total] = inputs;
  std::vector<int64_t> sizes;
  for (const auto& tensor : weights) sizes.push_back(tensor->elements());
  const Layout layout(sizes);
  call.expect_vector(state, "state", layout.bytes);
  call.expect(maps.shape() == std::vector<int64_t>{2, kCodes}, [&] {
    return "maps has the shape " + maps.shape_text() + " where [2, " + std::to_string(kCodes) + "] is needed";
  });
  if (!call.ok()) return;
  const std::shared_ptr<Recycler> recycler = recycler_of(state);
  call.expect(recycler != nullptr || total == 0, [] { return "state is not a result of FinAdamW8bitState"; });
  CodeMap mean_map, square_map;
  call.expect(prepare(maps.data<float>(), mean_map) && prepare(maps.data<float>() + kCodes, square_map),
              [] { return "the codes of a map do not ascend, or lie too close together"; });
  if (!call.ok()) return;
  if (recycler) recycler->set_limit(static_cast<size_t>(total) * sizeof(float));

  std::vector<Part> parts;
  Cursor at(layout, state.data());
  size_t gradient = 0;
  int64_t used = 0;  // elements of that gradient
  std::vector<std::unique_ptr<Tensor>> outputs;
  for (size_t i = 0; i < weights.size(); at.advance(sizes[i]), i++) {
    outputs.push_back(std::make_unique<Tensor>());
    Tensor& updated = *outputs.back();
    weight_output(call, static_cast<int>(i), updated, weights[i]->shape(), recycler);
    if (!call.ok()) return;
    if (sizes[i] == 0) continue;
    while (used == gradients[gradient]->elements()) {
      gradient++;
      used = 0;
    }
    call.expect(used + sizes[i] <= gradients[gradient]->elements(),
                [&] { return "the gradient of tensor " + std::to_string(i) + " lies in two tensors"; });
    if (!call.ok()) return;
    const float* const row = settings.data<float>() + static_cast<int64_t>(i) * kSettings;
    for (int64_t done = 0; done < sizes[i]; done += kElementsPerTask) {
      Adam8bitArgs args{};
      args.weights = weights[i]->data<float>() + done;
      args.gradient = gradients[gradient]->data<float>() + used + done;
      args.updated = updated.data<float>() + done;
      args.mean_codes = at.means + done;
      args.square_codes = at.squares + done;
      args.mean_scales = at.mean_scales + done / kCodeBlock;
      args.square_scales = at.square_scales + done / kCodeBlock;
      args.mean_map = &mean_map;
      args.square_map = &square_map;
      args.gradient_factor = *factor.data<float>();
      args.rate = row[0];
      args.epsilon = row[1];
      args.decay = row[2];
      args.beta1 = row[3];
      args.share1 = row[4];
      args.beta2 = row[5];
      args.share2 = row[6];
      parts.push_back({args, std::min(sizes[i] - done, kElementsPerTask)});
    }
    used += sizes[i];
  }
  const auto tasks = group_parts(parts.size(), [&](size_t i) { return parts[i].count; });
  const auto adam = kernels().adam_8bit;
  parallel_for(static_cast<int64_t>(tasks.size()), [&](int64_t task) {
    const auto [begin, end] = tasks[static_cast<size_t>(task)];
    for (size_t i = begin; i < end; i++) adam(parts[i].args, parts[i].count);
  });
}

}  // namespace

std::string register_adam_8bit() {
  const OpDefinition definitions[] = {
      {"FinAdamW8bitState",
       {"N: int >= 0"},
       {"sizes: int32", "means: N * uint8", "mean_scales: N * float", "squares: N * uint8", "square_scales: N * float"},
       {"state: uint8"},
       &create_list,
       &compute_state,
       &destroy_list},
      {"FinAdamW8bitMoments",
       {"N: int >= 0"},
       {"state: uint8", "sizes: int32"},
       {"means: N * uint8", "mean_scales: N * float", "squares: N * uint8", "square_scales: N * float"},
       &create_list,
       &compute_moments,
       &destroy_list},
      {"FinAdamW8bit",
       {"N: int >= 0", "M: int >= 0"},
       {"state: uint8", "settings: float", "factor: float", "maps: float", "weights: N * float", "gradients: M * float"},
       {"updated: N * float"},
       &create_update,
       &compute_adam,
       &destroy_update},
  };
  for (const OpDefinition& definition : definitions) {
    const std::string problem = register_op(definition);
    if (!problem.empty()) return problem;
  }
  return "";
}

}  // namespace fin
