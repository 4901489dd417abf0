// Inputs of FinEncoder and FinEncoderGrad.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "encoder.h"
#include "op.h"

namespace fin {

struct EncoderAttributes {
  int64_t heads;
  float scale, epsilon;
  int64_t weights, coded, vectors, factors, saved;
  int64_t trained;  // backward
  bool input_grad;  // backward
};

/// The inputs of one call, and what is made of them for it.
class EncoderInputs {
 public:
  EncoderInputs(Call& call, const EncoderAttributes& attributes, bool backward)
      : call_(call), attributes_(attributes), backward_(backward) {}

  /// Reads the inputs from number `first` on: x, offsets, the weights of all layers, those in few bits, their vectors, the factors of the updates, the
  /// updates, the trained parameters, the dropouts, and in the forward pass the seeds.
  void read(int64_t first, Storage storage);

  /// Points the layers to memory for the backward pass; the sizes are those below.
  /// @param saved one tensor for each layer; empty for none
  void place(const std::vector<void*>& saved, float* statistics, int32_t* kept);

  const Tensor& x() const { return *tensors_.front(); }
  int64_t sequences() const { return sequences_; }
  /// Number of the first input after those that `read` takes.
  int64_t end() const { return end_; }
  int64_t layers() const { return args.layer_count; }
  /// Elements of the statistics, and of the keep bits.
  int64_t statistics() const { return args.layer_count * tokens_ * (kNorms + attributes_.heads); }
  int64_t kept() const { return kept_; }
  /// Elements of the gradients of one group, and sizes of the linear layers.
  int64_t gradients() const { return gradients_; }
  const EncoderLayer& layer(int64_t number) const { return layers_[static_cast<size_t>(number)]; }
  int64_t out_features(Linear which) const { return which == kIntermediate ? args.intermediate : args.hidden; }
  int64_t in_features(Linear which) const { return which == kOutput ? args.intermediate : args.hidden; }
  /// Layer and linear layer of each update, in the order of the factors.
  struct Place {
    int64_t layer;
    Linear which;
  };
  const std::vector<Place>& updates() const { return updates_; }
  /// Layer of each trained parameter and its number there: the weights of the linear layers, their biases, gamma of the norms, beta.
  struct Trained {
    int64_t layer, parameter;
  };
  const std::vector<Trained>& trained() const { return trained_; }
  std::vector<int64_t> shape(const Trained& parameter) const;
  /// Points to the memory for the gradient of a linear layer's parameter.
  void place_gradient(const Trained& parameter, float* to);
  /// Where the gradient of a norm's parameter begins among those of a group; -1 for a linear layer's.
  int64_t group_gradient(const Trained& parameter) const;

  /// Any input.
  const Tensor* input(int64_t index);

  EncoderArgs args{};

 private:
  const float* vector(int64_t index, const std::string& name, int64_t size);
  const void* weight(int64_t index, const std::string& name, int64_t out, int64_t in, LowBitMatrix& coded);
  void read_layers(int64_t first);
  void read_updates(int64_t first, Storage storage);
  void read_trained(int64_t index);
  void read_dropouts(int64_t settings);
  int64_t kept_words_of(DropoutSite site) const;

  Call& call_;
  const EncoderAttributes& attributes_;
  const bool backward_;
  int64_t tokens_ = 0, sequences_ = 0, end_ = 0, kept_ = 0, gradients_ = 0, first_coded_ = 0, coded_read_ = 0;
  std::vector<std::unique_ptr<Tensor>> tensors_;
  std::vector<std::vector<float>> filled_;  // vectors that had to be filled up to whole panels
  std::vector<EncoderLayer> layers_;
  std::vector<Place> updates_;
  std::vector<Trained> trained_;
  std::vector<int64_t> kept_before_;
  Tensor packed_;  // factors
};

}  // namespace fin
