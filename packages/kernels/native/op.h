// Helpers of all ops for TensorFlow's C API for kernels.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernels.h"
#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_tensor.h"

namespace fin {

/// An input or output of an op call; empty until it is read or allocated.
class Tensor {
 public:
  Tensor() = default;
  Tensor(const Tensor&) = delete;
  Tensor& operator=(const Tensor&) = delete;
  ~Tensor() {
    if (tensor_ != nullptr) TF_DeleteTensor(tensor_);
  }

  /// For TensorFlow to fill.
  TF_Tensor** slot() { return &tensor_; }
  const TF_Tensor* get() const { return tensor_; }
  void reset(TF_Tensor* tensor) { tensor_ = tensor; }

  bool present() const { return tensor_ != nullptr; }
  int rank() const { return TF_NumDims(tensor_); }
  int64_t dim(int i) const { return TF_Dim(tensor_, i); }
  int64_t elements() const { return TF_TensorElementCount(tensor_); }
  TF_DataType dtype() const { return TF_TensorType(tensor_); }
  /// Null if the tensor has no elements.
  template <class T = void>
  T* data() const {
    return elements() == 0 ? nullptr : static_cast<T*>(TF_TensorData(tensor_));
  }
  std::vector<int64_t> shape() const;
  /// Such as "[2, 3]".
  std::string shape_text() const;

 private:
  TF_Tensor* tensor_ = nullptr;
};

/// One call of an op: reads inputs, checks them, allocates outputs. Reports the first failure to TensorFlow, which throws it in
/// JavaScript. After a failure all methods do nothing.
class Call {
 public:
  Call(TF_OpKernelContext* context, const char* op) : context_(context), op_(op), status_(TF_NewStatus()) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() { TF_DeleteStatus(status_); }

  bool ok() const { return ok_; }
  /// @param text the message, which follows "FinGelu: "
  void fail(const std::string& text, TF_Code code = TF_INVALID_ARGUMENT);
  /// Fails unless `condition` holds. `text` makes the message and is called only then.
  /// @return false if anything has failed so far
  template <class Text>
  bool expect(bool condition, Text&& text) {
    if (ok_ && !condition) fail(text());
    return ok_;
  }

  void input(int index, Tensor& tensor);
  /// `count` inputs from `first` on.
  std::vector<std::unique_ptr<Tensor>> inputs(int64_t first, int64_t count);
  void output(int index, Tensor& tensor, TF_DataType dtype, const std::vector<int64_t>& shape);
  /// Makes `tensor` the output, which it must fit.
  void set_output(int index, const Tensor& tensor);
  /// Temporary memory for this call.
  /// @return null if the call has failed
  float* temporary(Tensor& tensor, int64_t floats);

  /// Fails unless it is a dropout rate: in [0, 1).
  void expect_rate(float rate);
  /// Fails unless the tensor has the other's shape.
  void expect_same(const Tensor& tensor, const char* name, const Tensor& other, const char* other_name);
  /// Fails unless the tensor is a vector of that many elements.
  void expect_vector(const Tensor& tensor, const char* name, int64_t elements);
  /// The data of a vector of that many floats, or null for an empty vector, which stands for an absent input.
  const float* optional_vector(const Tensor& tensor, const char* name, int64_t elements);

 private:
  void adopt_status();

  TF_OpKernelContext* context_;
  const char* op_;
  TF_Status* status_;
  bool ok_ = true;
};

/// Reads a kernel's attributes while TensorFlow creates it.
class Attributes {
 public:
  explicit Attributes(TF_OpKernelConstruction* construction)
      : construction_(construction), status_(TF_NewStatus()) {}
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { TF_DeleteStatus(status_); }

  float real(const char* name);
  int64_t integer(const char* name);
  bool boolean(const char* name);

 private:
  void check();
  TF_OpKernelConstruction* construction_;
  TF_Status* status_;
};

/// The storage type of a tensor. TensorFlow has checked that it is float or bfloat16.
inline Storage storage(const Tensor& tensor) { return tensor.dtype() == TF_BFLOAT16 ? kBFloat16 : kFloat32; }

/// The attributes of dropout: its rate and the factor of the kept elements.
struct DropoutAttributes {
  float rate;
  float scale;
};

/// Dropout from the seed of a stateless draw: the four words of its two 64-bit numbers, lower first. The rate is above 0.
Dropout seeded_dropout(const DropoutAttributes& attributes, const int32_t* seed);

/// The same from a seed of the shape [2, 2], or [4 + numbers] with the numbers of the rows in the draw behind it. Off if the rate is 0.
Dropout read_dropout(Call& call, const DropoutAttributes& attributes, const Tensor& seed, int64_t numbers);

/// Fails unless the offsets of sequences go from 0 to the number of tokens and do not decrease.
/// @return the length of the longest sequence
int64_t expect_offsets(Call& call, const Tensor& offsets, int64_t tokens);

/// The attribute of an op with a list of inputs: their number, N.
struct ListAttributes {
  int64_t count;
};

void* create_list(TF_OpKernelConstruction* construction);
void destroy_list(void* attributes);

/// An op to register, in the syntax of TensorFlow's op definitions.
struct OpDefinition {
  const char* name;
  std::vector<const char*> attributes;
  std::vector<const char*> inputs;
  std::vector<const char*> outputs;
  void* (*create)(TF_OpKernelConstruction*);
  void (*compute)(void*, TF_OpKernelContext*);
  void (*destroy)(void*);
};

/// Registers the op and its CPU kernel: one for each storage type if its first attribute is T, else one for all calls.
/// @return an empty string on success, else the error
std::string register_op(const OpDefinition& definition);

std::string register_dropout();
std::string register_gelu();
std::string register_layer_norm();
std::string register_embeddings();
std::string register_attention();
std::string register_product();
std::string register_encoder();
std::string register_pack_weights();
std::string register_adam();
std::string register_adam_8bit();
std::string register_gradient_norm();
std::string register_low_bit();
std::string register_int8_linear();
std::string register_lstm();

/// Work on the rows [begin, end).
using RowsTask = std::function<void(int64_t begin, int64_t end)>;

/// The forward pass of a layer norm on all threads. `before` is called for the rows of each task, before they are normalized; null for
/// nothing.
void normalize_rows(Call& call, const LayerNormArgs& args, Storage storage, const RowsTask& before);

/// Rows per block of a sum over rows. Depends on the shape alone, so that the sum does not depend on the number of threads.
int64_t rows_per_block(int64_t rows);

}  // namespace fin
