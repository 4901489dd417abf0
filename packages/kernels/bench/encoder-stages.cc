// Time of each stage of the encoder (see native/encoder.h) on one thread, in bfloat16: a batch of 32 sequences in four groups, for inference
// and for a LoRA step with dropout. Milliseconds of processor time, least of many rounds; stages are in the order of their numbers.
//   g++ -O3 -std=c++17 -ffp-contract=off -fno-math-errno -fno-trapping-math -Wno-psabi -pthread -Inative -o /tmp/encoder-stages
//     bench/encoder-stages.cc native/isa-*.cc native/encoder.cc native/cpu.cc native/pool.cc native/low-bit.cc      (one line)
//   /tmp/encoder-stages 384 12 6      (hidden columns, heads, layers)
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <vector>

#include "cpu.h"
#include "encoder.h"
#include "pool.h"

using namespace fin;

namespace {

constexpr int64_t kSequences = 32, kGroups = 4, kRank = 8;
constexpr int kRounds = 30;

double processor_ms() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e3 * static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_nsec);
}

/// Memory at a cache line, never freed, filled with numbers around 0.
float* numbers(int64_t count, float scale) {
  static uint32_t state = 1;
  auto* to = static_cast<float*>(std::aligned_alloc(64, static_cast<size_t>(count * 4 + 127) / 64 * 64));
  for (int64_t i = 0; i < count; i++) {
    state = state * 1664525u + 1013904223u;
    to[i] = scale * (static_cast<float>(state >> 8) * 0x1p-24f - 0.5f);
  }
  return to;
}

/// A weight, packed for the forward pass and for the backward pass.
struct Packed {
  Packed(int64_t out, int64_t in) {
    const float* weight = numbers(out * in, 2.0f / std::sqrt(static_cast<float>(in)));
    forward = numbers(packed_elements(out, in) / 2, 0.0f);
    backward = numbers(packed_elements(out, in) / 2, 0.0f);
    pack_weight_alone(weight, kFloat32, out, in, false, forward, kBFloat16);
    pack_weight_alone(weight, kFloat32, in, out, true, backward, kBFloat16);
  }
  void *forward, *backward;
};

class Encoder {
 public:
  Encoder(int64_t hidden, int64_t heads, int64_t layers, bool trains) : forward_(static_cast<size_t>(layers)), trains_(trains) {
    const int64_t inner = 4 * hidden;
    for (int64_t i = 0, length = 16; i < kSequences; i++, length = 16 + (length * 7 + 5) % 23) {
      offsets_.push_back(offsets_.back() + static_cast<int32_t>(length));
      kept_before_.push_back(kept_before_.back() + length * kept_words_of_attention(length));
      args_.longest = args_.drawn_longest = std::max(args_.longest, length);
    }
    args_.offsets = offsets_.data();
    args_.kept_before = kept_before_.data();
    args_.layer_count = layers;
    args_.hidden = hidden;
    args_.intermediate = inner;
    args_.heads = heads;
    args_.scale = 1.0f / std::sqrt(static_cast<float>(hidden / heads));
    args_.epsilon = 1e-12f;
    args_.x = numbers(tokens() * hidden, 3.0f);
    args_.y = numbers(tokens() * hidden, 0.0f);
    auto* dy = reinterpret_cast<uint16_t*>(numbers(tokens() * hidden, 0.0f));
    for (int64_t i = 0; i < tokens() * hidden; i++) dy[i] = static_cast<uint16_t>(0x3c00 + i % 251 + (i % 3 == 0 ? 0x8000 : 0));
    args_.dy = dy;
    for (int64_t i = 0; i < kGroups; i++) {
      const int64_t first = kSequences * i / kGroups, end = kSequences * (i + 1) / kGroups;
      add_group(groups_, first, end, offsets_[static_cast<size_t>(first)],
                offsets_[static_cast<size_t>(end)] - offsets_[static_cast<size_t>(first)]);
    }
    backward_.resize(forward_.size());
    for (size_t i = 0; i < forward_.size(); i++) add_layer(forward_[i], backward_[i]);
    args_.layers = forward_.data();
    args_back_ = args_;
    args_back_.layers = backward_.data();
    take_memory();
  }

  int64_t tokens() const { return offsets_.back(); }

  /// @param milliseconds of each stage, added up over layers and groups
  void run(std::vector<double>& milliseconds) {
    for (EncoderGroup& group : groups_) {
      each(milliseconds, [&](const auto& stage) {
        stage(kLoad, 0);
        for (int64_t i = 0; i < args_.layer_count; i++) {
          if (trains_) stage(kLowerInput, i);
          for (const EncoderStage one : {kQueryKeyValue, kAttend, kProjectAttention, kNormAttention, kExpand, kContract, kNormOutput}) {
            stage(one, i);
          }
        }
        stage(kStore, args_.layer_count - 1);
      }, [&](EncoderStage one, int64_t layer) { kernels_.run(args_, group, one, layer, 0, 1, scratch_); });
    }
  }

  void run_grad(std::vector<double>& milliseconds) {
    for (EncoderGroup& group : groups_) {
      each(milliseconds, [&](const auto& stage) {
        stage(kLoadGrad, args_.layer_count - 1);
        for (int64_t i = args_.layer_count - 1; i >= 0; i--) {
          for (const EncoderGradStage one : {kNormOutputGrad, kContractGrad, kExpandGrad, kNormAttentionGrad, kProjectAttentionGrad,
                                             kAttendGrad, kLowerInputGrad, kQueryKeyValueGrad}) {
            stage(one, i);
          }
        }
      }, [&](EncoderGradStage one, int64_t layer) { kernels_.run_grad(args_back_, group, one, layer, 0, 1, scratch_); });
    }
  }

 private:
  template <class Stages, class Run>
  static void each(std::vector<double>& milliseconds, const Stages& stages, const Run& run) {
    stages([&](auto stage, int64_t layer) {
      const double start = processor_ms();
      run(stage, layer);
      milliseconds[static_cast<size_t>(stage)] += processor_ms() - start;
    });
  }

  void add_layer(EncoderLayer& layer, EncoderLayer& back) {
    const int64_t hidden = args_.hidden;
    layer = EncoderLayer{};
    for (int which = 0; which < kLinears; which++) layer.bias[which] = numbers(args_.intermediate + kPanel, 0.1f);
    for (int norm = 0; norm < kNorms; norm++) {
      layer.gamma[norm] = numbers(hidden + kPanel, 2.0f);
      layer.beta[norm] = numbers(hidden + kPanel, 0.1f);
    }
    if (trains_) {
      for (const DropoutSite site : {kDropQuery, kDropValue, kDropAttention, kDropAttended, kDropContracted}) {
        layer.dropout[site].on = true;
        layer.dropout[site].key[0] = static_cast<uint32_t>(site);
        layer.dropout[site].threshold = (1u << 23) / 10;
        layer.dropout[site].scale = 1.0f / 0.9f;
        const int64_t words = site == kDropAttention ? args_.heads * kept_before_.back() : tokens() * kept_words(hidden);
        layer.kept[site] = reinterpret_cast<uint16_t*>(numbers(words, 0.0f));
      }
      for (const Linear which : {kQuery, kValue}) {
        layer.update[which].rank = kRank;
        layer.update[which].scaling = 2.0f;
      }
      int64_t rows = 0;
      for (const EncoderGroup& group : groups_) rows += saved_rows(group.rows);
      layer.saved = numbers(rows * kernels_.saved_columns(args_, layer), 0.0f);
      for (float*& rstd : layer.rstd) rstd = numbers(tokens(), 0.0f);
      layer.lse = numbers(args_.heads * tokens(), 0.0f);
    }
    back = layer;
    for (int which = 0; which < kLinears; which++) {
      const int64_t out = which == kIntermediate ? args_.intermediate : hidden, in = which == kOutput ? args_.intermediate : hidden;
      const Packed weight(out, in);
      layer.weight[which] = weight.forward;
      back.weight[which] = weight.backward;
      if (layer.update[which].rank == 0) continue;
      const Packed a(kRank, in), b(out, kRank);
      layer.update[which].a = a.forward;
      layer.update[which].b = b.forward;
      back.update[which].a = a.backward;
      back.update[which].b = b.backward;
      back.update[which].a_gradient = gradients_;
      back.update[which].b_gradient = gradients_ + kRank * in;
      gradients_ += kRank * (in + out);
    }
  }

  void take_memory() {
    int64_t rows = 0;
    for (const EncoderGroup& group : groups_) rows = std::max(rows, group.rows);
    int64_t bytes = kernels_.activation_bytes(args_, rows, false), floats = kernels_.scratch(args_, rows, false);
    if (trains_) {
      bytes = std::max(bytes, kernels_.activation_bytes(args_back_, rows, true));
      floats = std::max(floats, kernels_.scratch(args_back_, rows, true));
    }
    auto* activations = reinterpret_cast<char*>(numbers(bytes / 4 + 1, 0.0f));
    scratch_ = numbers(floats, 0.0f);
    for (EncoderGroup& group : groups_) {
      group.activations = activations;
      group.gradients = numbers(gradients_ + 1, 0.0f);
    }
  }

  const EncoderKernels& kernels_ = encoder_kernels(kBFloat16);
  std::vector<int32_t> offsets_{0};
  std::vector<int64_t> kept_before_{0};
  std::vector<EncoderLayer> forward_, backward_;
  std::vector<EncoderGroup> groups_;
  EncoderArgs args_{}, args_back_{};
  bool trains_;
  int64_t gradients_ = 0;
  float* scratch_ = nullptr;
};

/// Least times over the rounds, of each stage and in all.
template <class Run>
void measure(const char* name, const std::vector<const char*>& stages, const Run& run) {
  constexpr double kNone = std::numeric_limits<double>::max();
  std::vector<double> least(stages.size(), kNone);
  double least_sum = kNone;
  for (int round = 0; round < kRounds; round++) {
    std::vector<double> milliseconds(stages.size(), 0.0);
    run(milliseconds);
    double sum = 0.0;
    for (size_t i = 0; i < stages.size(); i++) {
      least[i] = std::min(least[i], milliseconds[i]);
      sum += milliseconds[i];
    }
    least_sum = std::min(least_sum, sum);
  }
  std::printf("%s %.2f:", name, least_sum);
  for (size_t i = 0; i < stages.size(); i++) {
    if (least[i] > 0.0) std::printf(" %s %.2f", stages[i], least[i]);
  }
  std::printf("\n");
}

}  // namespace

int main(int count, char** values) {
  const auto value = [&](int i, int64_t otherwise) { return count > i ? std::atoll(values[i]) : otherwise; };
  const int64_t hidden = value(1, 384), heads = value(2, 12), layers = value(3, 6);
  set_threads(1);
  choose_encoder("");
  const std::vector<const char*> stages = {"load",     "lower input",    "query, key, value", "attention",   "lower context",
                                           "output",   "norm",           "lower attended",    "expand",      "lower inner",
                                           "contract", "norm of output", "store"};
  const std::vector<const char*> grad_stages = {
      "load", "sum output norm", "norm of output", "keep output", "lower inner", "contract", "keep intermediate", "lower attended", "expand",
      "sum attention norm", "norm", "keep attention output", "lower context", "output", "attention", "keep query, key, value",
      "lower input", "query, key, value", "store"};
  for (const bool trains : {false, true}) {
    Encoder encoder(hidden, heads, layers, trains);
    if (!trains) std::printf("%s, %lld tokens\n", encoder_unit(), static_cast<long long>(encoder.tokens()));
    measure(trains ? "LoRA forward" : "inference", stages, [&](auto& milliseconds) { encoder.run(milliseconds); });
    if (trains) measure("LoRA backward", grad_stages, [&](auto& milliseconds) { encoder.run_grad(milliseconds); });
  }
}
