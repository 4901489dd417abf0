#include "op-encoder.h"

#include <algorithm>

#include "pool.h"

namespace fin {
namespace {

constexpr const char* kWeightNames[kLinears] = {"query", "key", "value", "attention output", "intermediate", "output"};

/// Vectors of one layer: a bias for each linear layer, then gamma and beta of each norm.
constexpr int64_t kVectors = kLinears + 2 * kNorms;

constexpr int64_t kParameters = kLinears + kVectors;
static_assert(kLinears % kNorms == 0, "the number of a norm's parameter tells the norm");

}  // namespace

const Tensor* EncoderInputs::input(int64_t index) {
  tensors_.push_back(std::make_unique<Tensor>());
  Tensor& tensor = *tensors_.back();
  call_.input(static_cast<int>(index), tensor);
  return call_.ok() ? &tensor : nullptr;
}

/// A vector of that size, with zeros up to whole panels.
const float* EncoderInputs::vector(int64_t index, const std::string& name, int64_t size) {
  const Tensor* tensor = input(index);
  if (tensor == nullptr) return nullptr;
  call_.expect_vector(*tensor, name.c_str(), size);
  if (!call_.ok() || size % kPanel == 0) return call_.ok() ? tensor->data<float>() : nullptr;
  std::vector<float> filled(static_cast<size_t>(whole_panels(size) * kPanel), 0.0f);
  std::copy_n(tensor->data<float>(), size, filled.begin());
  filled_.push_back(std::move(filled));
  return filled_.back().data();
}

/// Input `index`: the packed weight. An empty one marks the place of the next one in few bits.
const void* EncoderInputs::weight(int64_t index, const std::string& name, int64_t out, int64_t in, LowBitMatrix& coded) {
  const Tensor* tensor = input(index);
  if (tensor == nullptr) return nullptr;
  if (tensor->elements() == 0 && coded_read_ < attributes_.coded) {
    const Tensor* bytes = input(first_coded_ + coded_read_++);
    if (bytes == nullptr) return nullptr;
    const std::string problem = read_low_bit(bytes->data(), bytes->elements(), coded);
    call_.expect(problem.empty(), [&] { return name + " " + problem; });
    call_.expect(coded.rows == out && coded.cols == in, [&] {
      return name + " has the shape [" + std::to_string(coded.rows) + ", " + std::to_string(coded.cols) + "] where [" +
             std::to_string(out) + ", " + std::to_string(in) + "] is needed";
    });
    return nullptr;
  }
  if (backward_) std::swap(out, in);
  const std::vector<int64_t> shape{whole_panels(out), whole_panels(in) * kPanel, kPanel};
  call_.expect(tensor->shape() == shape, [&] {
    return name + " has the shape " + tensor->shape_text() + ", which is not that of a packed weight of the shape [" +
           std::to_string(out) + ", " + std::to_string(in) + "]";
  });
  return call_.ok() ? tensor->data() : nullptr;
}

/// Inputs from `first` on: the weights of all layers, those in few bits, then their vectors.
void EncoderInputs::read_layers(int64_t first) {
  const int64_t layers = attributes_.weights / kLinears;
  call_.expect(attributes_.weights == layers * kLinears && attributes_.vectors == layers * kVectors, [&] {
    return "there are " + std::to_string(attributes_.weights) + " weights and " + std::to_string(attributes_.vectors) +
           " vectors where " + std::to_string(kLinears) + " and " + std::to_string(kVectors) + " for each layer are needed";
  });
  first_coded_ = first + attributes_.weights;
  for (int64_t i = 0; call_.ok() && i < layers; i++) {
    EncoderLayer layer{};
    const std::string place = " of layer " + std::to_string(i);
    const int64_t vectors = first_coded_ + attributes_.coded + i * kVectors;
    if (i == 0) {
      const Tensor* bias = input(vectors + kIntermediate);
      call_.expect(bias == nullptr || bias->rank() == 1, [&] { return "the intermediate bias is not a vector"; });
      if (!call_.ok()) return;
      args.intermediate = bias->dim(0);
    }
    for (int which = 0; which < kLinears; which++) {
      const auto linear = static_cast<Linear>(which);
      const std::string name = kWeightNames[which] + place;
      layer.weight[which] = weight(first + i * kLinears + which, name, out_features(linear), in_features(linear), layer.coded[which]);
      layer.bias[which] = vector(vectors + which, "the bias of " + name, out_features(linear));
    }
    const bool inferred = !backward_ && attributes_.saved == 0;
    call_.expect(inferred || std::none_of(layer.coded, layer.coded + kLinears, in_int8),
                 [&] { return "the weights" + place + " are multiplied in int8, which is for inference alone"; });
    for (int norm = 0; norm < kNorms; norm++) {
      layer.gamma[norm] = vector(vectors + kLinears + norm, "gamma" + place, args.hidden);
      layer.beta[norm] = vector(vectors + kLinears + kNorms + norm, "beta" + place, args.hidden);
    }
    layers_.push_back(layer);
  }
  call_.expect(coded_read_ == attributes_.coded, [&] {
    return "there are " + std::to_string(attributes_.coded) + " weights in few bits, and places for " + std::to_string(coded_read_);
  });
  args.layers = layers_.data();
  args.layer_count = static_cast<int64_t>(layers_.size());
}

/// Inputs from `first` on: A and B of each update, then the updates, [count, 2]: number of the linear layer among all, and scaling.
void EncoderInputs::read_updates(int64_t first, Storage storage) {
  const int64_t count = attributes_.factors / 2;
  const Tensor* updates = input(first + attributes_.factors);
  if (updates == nullptr) return;
  call_.expect(attributes_.factors == 2 * count && updates->elements() == 2 * count, [&] {
    return "the updates have the shape " + updates->shape_text() + ", and there are " + std::to_string(attributes_.factors) +
           " factors, where [count, 2] and 2 for each are needed";
  });
  struct Packing {
    const void* factor;
    int64_t out, in, begin;
  };
  std::vector<Packing> packings;
  int64_t elements = 0;
  for (int64_t i = 0; call_.ok() && i < count; i++) {
    const float* update = updates->data<float>() + 2 * i;
    const auto number = static_cast<int64_t>(update[0]);
    const bool known = number >= 0 && number < args.layer_count * kLinears;
    call_.expect(known, [&] { return "there is no linear layer number " + std::to_string(number); });
    const Tensor *a = input(first + 2 * i), *b = input(first + 2 * i + 1);
    if (!call_.ok()) return;
    const auto which = static_cast<Linear>(number % kLinears);
    const int64_t in = in_features(which), out = out_features(which);
    const bool match = a->rank() == 2 && b->rank() == 2 && a->dim(1) == in && b->dim(0) == out && a->dim(0) == b->dim(1);
    call_.expect(match && a->dim(0) > 0, [&] {
      return "the factors of " + std::string(kWeightNames[which]) + " of layer " + std::to_string(number / kLinears) +
             " have the shapes " + a->shape_text() + " and " + b->shape_text() + " where [r, " + std::to_string(in) + "] and [" +
             std::to_string(out) + ", r] are needed";
    });
    if (!call_.ok()) return;
    LowRank& low = layers_[static_cast<size_t>(number / kLinears)].update[which];
    low.rank = a->dim(0);
    low.scaling = update[1];
    low.a_gradient = gradients_;
    low.b_gradient = gradients_ + low.rank * in;
    gradients_ += low.rank * (in + out);
    updates_.push_back({number / kLinears, which});
    for (const bool first_factor : {true, false}) {
      int64_t rows = first_factor ? low.rank : out, columns = first_factor ? in : low.rank;
      if (backward_) std::swap(rows, columns);
      packings.push_back({first_factor ? a->data() : b->data(), rows, columns, elements});
      elements += packed_elements(rows, columns);
    }
  }
  const int64_t bytes = storage == kFloat32 ? 4 : 2;
  char* memory = reinterpret_cast<char*>(call_.temporary(packed_, (elements * bytes + 3) / 4));
  if (!call_.ok()) return;
  parallel_for(static_cast<int64_t>(packings.size()), [&](int64_t i) {
    const Packing& one = packings[static_cast<size_t>(i)];
    pack_weight_alone(one.factor, kFloat32, one.out, one.in, backward_, memory + one.begin * bytes, storage);
  });
  for (size_t i = 0; i < updates_.size(); i++) {
    LowRank& low = layers_[static_cast<size_t>(updates_[i].layer)].update[updates_[i].which];
    low.a = memory + packings[2 * i].begin * bytes;
    low.b = memory + packings[2 * i + 1].begin * bytes;
  }
}

/// Input `index`: the numbers of the parameters whose gradients are requested, increasing; see `Trained`.
void EncoderInputs::read_trained(int64_t index) {
  const Tensor* numbers = input(index);
  if (numbers == nullptr) return;
  int64_t last = -1;
  for (int64_t i = 0; call_.ok() && i < numbers->elements(); i++) {
    const int64_t number = numbers->data<int32_t>()[i];
    call_.expect(number > last && number < args.layer_count * kParameters, [&] {
      return "the trained parameters are not increasing numbers below " + std::to_string(args.layer_count * kParameters) + ": " +
             std::to_string(number) + " follows " + std::to_string(last);
    });
    if (!call_.ok()) return;
    last = number;
    const Trained one{number / kParameters, number % kParameters};
    EncoderLayer& layer = layers_[static_cast<size_t>(one.layer)];
    trained_.push_back(one);
    if (one.parameter < 2 * kLinears) {
      LinearGradients& own = layer.trained[one.parameter % kLinears];
      (one.parameter < kLinears ? own.weight : own.bias) = true;
      continue;
    }
    NormGradients& own = layer.trained_norm[one.parameter % kNorms];
    if (!own.gamma && !own.beta) {
      own.gradient = gradients_;
      gradients_ += 2 * whole_panels(args.hidden) * kPanel;
    }
    (one.parameter < 2 * kLinears + kNorms ? own.gamma : own.beta) = true;
  }
  call_.expect(!backward_ || attributes_.trained == numbers->elements(), [&] {
    return "there are " + std::to_string(numbers->elements()) + " trained parameters, and " + std::to_string(attributes_.trained) +
           " gradients of them";
  });
}

std::vector<int64_t> EncoderInputs::shape(const Trained& one) const {
  if (one.parameter >= 2 * kLinears) return {args.hidden};
  const auto which = static_cast<Linear>(one.parameter % kLinears);
  if (one.parameter >= kLinears) return {out_features(which)};
  return {out_features(which), in_features(which)};
}

void EncoderInputs::place_gradient(const Trained& one, float* to) {
  if (one.parameter >= 2 * kLinears) return;
  LinearGradients& own = layers_[static_cast<size_t>(one.layer)].trained[one.parameter % kLinears];
  (one.parameter < kLinears ? own.weight_gradient : own.bias_gradient) = to;
}

int64_t EncoderInputs::group_gradient(const Trained& one) const {
  if (one.parameter < 2 * kLinears) return -1;
  const NormGradients& own = layer(one.layer).trained_norm[one.parameter % kNorms];
  return one.parameter < 2 * kLinears + kNorms ? own.gradient : own.gradient + whole_panels(args.hidden) * kPanel;
}

/// Words of keep bits.
int64_t EncoderInputs::kept_words_of(DropoutSite site) const {
  if (site == kDropAttention) return args.heads * kept_before_.back();
  return tokens_ * kept_words(site == kDropOutput ? args.intermediate : args.hidden);
}

/// Input `settings`: rate and factor of the kept elements, [layers, sites, 2], or empty for no dropout. In the forward pass the input after
/// it has a seed for each rate above 0, [draws, 2, 2]; or the same flat and behind it, for a part of a batch, the numbers that the tokens
/// and the sequences have in the whole batch, and the length of its longest sequence, [4 draws + tokens + sequences + 1].
void EncoderInputs::read_dropouts(int64_t settings) {
  for (int64_t i = 0; i < sequences_; i++) {
    const int64_t length = args.offsets[i + 1] - args.offsets[i];
    if (i == 0) kept_before_.push_back(0);
    kept_before_.push_back(kept_before_.back() + length * kept_words_of_attention(length));
  }
  if (kept_before_.empty()) kept_before_.push_back(0);
  args.kept_before = kept_before_.data();
  const Tensor* rates = input(settings);
  if (rates == nullptr || rates->elements() == 0) return;
  const int64_t sites = args.layer_count * kDropoutSites;
  call_.expect(rates->elements() == 2 * sites, [&] {
    return "the dropouts have the shape " + rates->shape_text() + " where [layers, " + std::to_string(kDropoutSites) +
           ", 2] is needed";
  });
  const Tensor* seeds = backward_ ? nullptr : input(settings + 1);
  if (!call_.ok()) return;
  const int64_t numbered = seeds != nullptr && seeds->rank() == 1 ? tokens_ + sequences_ + 1 : 0;
  const int32_t* numbers = nullptr;
  if (numbered > 0 && seeds->elements() > numbered) {
    numbers = seeds->data<int32_t>() + seeds->elements() - numbered;
    args.drawn_longest = numbers[tokens_ + sequences_];
  }
  int64_t seed = 0, words = 0;
  for (int64_t i = 0; call_.ok() && i < sites; i++) {
    const DropoutAttributes dropout{rates->data<float>()[2 * i], rates->data<float>()[2 * i + 1]};
    if (dropout.rate == 0.0f) continue;
    call_.expect_rate(dropout.rate);
    Dropout& own = layers_[static_cast<size_t>(i / kDropoutSites)].dropout[i % kDropoutSites];
    if (backward_) {
      own.on = true;
      own.scale = dropout.scale;
    } else {
      call_.expect(4 * (seed + 1) + numbered <= seeds->elements(), [] { return "there are fewer seeds than dropouts"; });
      if (!call_.ok()) return;
      own = seeded_dropout(dropout, seeds->data<int32_t>() + 4 * seed++);
      if (numbers != nullptr) own.rows = i % kDropoutSites == kDropAttention ? numbers + tokens_ : numbers;
    }
    words += kept_words_of(static_cast<DropoutSite>(i % kDropoutSites));
  }
  kept_ = (words + 1) / 2;
}

void EncoderInputs::read(int64_t first, Storage storage) {
  const Tensor* x = input(first);
  const Tensor* offsets = input(first + 1);
  if (!call_.ok()) return;
  call_.expect(x->rank() == 2, [&] { return "x has the shape " + x->shape_text() + " where [tokens, hidden] is needed"; });
  if (!call_.ok()) return;
  tokens_ = x->dim(0);
  args.hidden = x->dim(1);
  args.heads = attributes_.heads;
  call_.expect(args.heads > 0 && args.hidden > 0 && args.hidden % args.heads == 0, [&] {
    return std::to_string(args.hidden) + " columns cannot be divided among " + std::to_string(args.heads) + " heads";
  });
  args.longest = args.drawn_longest = expect_offsets(call_, *offsets, tokens_);
  if (!call_.ok()) return;
  sequences_ = offsets->dim(0) - 1;
  args.x = x->data();
  args.x_storage = fin::storage(*x);
  args.offsets = offsets->data<int32_t>();
  args.scale = attributes_.scale;
  args.epsilon = attributes_.epsilon;
  read_layers(first + 2);
  const int64_t factors = first + 2 + attributes_.weights + attributes_.coded + attributes_.vectors;
  if (call_.ok()) read_updates(factors, storage);
  const int64_t trained = factors + attributes_.factors + 1, settings = trained + 1;
  if (call_.ok()) read_trained(trained);
  if (call_.ok()) read_dropouts(settings);
  end_ = settings + (backward_ ? 1 : 2);
}

void EncoderInputs::place(const std::vector<void*>& saved, float* statistics, int32_t* kept) {
  auto* words = reinterpret_cast<uint16_t*>(kept);
  for (size_t i = 0; i < layers_.size(); i++) {
    EncoderLayer& layer = layers_[i];
    for (int site = 0; site < kDropoutSites; site++) {
      if (!layer.dropout[site].on) continue;
      layer.kept[site] = words;
      words += kept_words_of(static_cast<DropoutSite>(site));
    }
    if (saved.empty()) continue;
    layer.saved = saved[i];
    for (float*& rstd : layer.rstd) {
      rstd = statistics;
      statistics += tokens_;
    }
    layer.lse = statistics;
    statistics += tokens_ * args.heads;
  }
}

}  // namespace fin
