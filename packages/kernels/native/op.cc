#include "op.h"

#include <cmath>
#include <cstring>

namespace fin {

std::vector<int64_t> Tensor::shape() const {
  std::vector<int64_t> dims(static_cast<size_t>(rank()));
  for (int i = 0; i < rank(); i++) dims[static_cast<size_t>(i)] = dim(i);
  return dims;
}

std::string Tensor::shape_text() const {
  std::string text = "[";
  for (int i = 0; i < rank(); i++) text += (i > 0 ? ", " : "") + std::to_string(dim(i));
  return text + "]";
}

void Call::fail(const std::string& text, TF_Code code) {
  if (!ok_) return;
  ok_ = false;
  TF_SetStatus(status_, code, (std::string(op_) + ": " + text).c_str());
  TF_OpKernelContext_Failure(context_, status_);
}

void Call::expect_rate(float rate) {
  expect(rate >= 0.0f && rate < 1.0f, [] { return "the dropout rate is not in [0, 1)"; });
}

void Call::adopt_status() {
  if (TF_GetCode(status_) == TF_OK) return;
  ok_ = false;
  TF_OpKernelContext_Failure(context_, status_);
}

void Call::input(int index, Tensor& tensor) {
  if (!ok_) return;
  TF_GetInput(context_, index, tensor.slot(), status_);
  adopt_status();
}

std::vector<std::unique_ptr<Tensor>> Call::inputs(int64_t first, int64_t count) {
  std::vector<std::unique_ptr<Tensor>> list;
  for (int64_t i = 0; ok_ && i < count; i++) {
    list.push_back(std::make_unique<Tensor>());
    input(static_cast<int>(first + i), *list.back());
  }
  return list;
}

void Call::output(int index, Tensor& tensor, TF_DataType dtype, const std::vector<int64_t>& shape) {
  if (!ok_) return;
  size_t bytes = TF_DataTypeSize(dtype);
  for (const int64_t dim : shape) bytes *= static_cast<size_t>(dim);
  tensor.reset(TF_AllocateOutput(context_, index, dtype, shape.data(), static_cast<int>(shape.size()), bytes, status_));
  adopt_status();
}

void Call::set_output(int index, const Tensor& tensor) {
  if (!ok_) return;
  TF_SetOutput(context_, index, tensor.get(), status_);
  adopt_status();
}

float* Call::temporary(Tensor& tensor, int64_t floats) {
  if (!ok_) return nullptr;
  TF_AllocatorAttributes attributes{};
  attributes.struct_size = TF_ALLOCATOR_ATTRIBUTES_STRUCT_SIZE;
  attributes.on_host = 1;
  tensor.reset(TF_AllocateTemp(context_, TF_FLOAT, &floats, 1, &attributes, status_));
  adopt_status();
  return ok_ ? tensor.data<float>() : nullptr;
}

void Call::expect_same(const Tensor& tensor, const char* name, const Tensor& other, const char* other_name) {
  if (!ok_ || tensor.shape() == other.shape()) return;
  fail(std::string(name) + " has the shape " + tensor.shape_text() + ", but " + other_name + " has " + other.shape_text());
}

void Call::expect_vector(const Tensor& tensor, const char* name, int64_t elements) {
  if (!ok_ || (tensor.rank() == 1 && tensor.dim(0) == elements)) return;
  fail(std::string(name) + " has the shape " + tensor.shape_text() + " where [" + std::to_string(elements) + "] is needed");
}

const float* Call::optional_vector(const Tensor& tensor, const char* name, int64_t elements) {
  if (!ok_ || (tensor.rank() == 1 && tensor.dim(0) == 0)) return nullptr;
  expect_vector(tensor, name, elements);
  return ok_ ? tensor.data<float>() : nullptr;
}

void Attributes::check() {
  if (TF_GetCode(status_) != TF_OK) TF_OpKernelConstruction_Failure(construction_, status_);
}

float Attributes::real(const char* name) {
  float value = 0.0f;
  TF_OpKernelConstruction_GetAttrFloat(construction_, name, &value, status_);
  check();
  return value;
}

int64_t Attributes::integer(const char* name) {
  int64_t value = 0;
  TF_OpKernelConstruction_GetAttrInt64(construction_, name, &value, status_);
  check();
  return value;
}

bool Attributes::boolean(const char* name) {
  TF_Bool value = 0;
  TF_OpKernelConstruction_GetAttrBool(construction_, name, &value, status_);
  check();
  return value != 0;
}

void* create_list(TF_OpKernelConstruction* construction) { return new ListAttributes{Attributes(construction).integer("N")}; }

void destroy_list(void* attributes) { delete static_cast<ListAttributes*>(attributes); }

namespace {

/// One block of Philox 4x32-10; see philox.h.
void philox(const uint32_t key[2], uint32_t block[4]) {
  uint32_t k0 = key[0], k1 = key[1];
  for (int round = 0; round < 10; round++) {
    const uint64_t a = uint64_t{0xd2511f53u} * block[0];
    const uint64_t b = uint64_t{0xcd9e8d57u} * block[2];
    block[0] = static_cast<uint32_t>(b >> 32) ^ block[1] ^ k0;
    block[1] = static_cast<uint32_t>(b);
    block[2] = static_cast<uint32_t>(a >> 32) ^ block[3] ^ k1;
    block[3] = static_cast<uint32_t>(a);
    k0 += 0x9e3779b9u;
    k1 += 0xbb67ae85u;
  }
}

/// The key with which TensorFlow scrambles the seeds of its stateless ops (`stateless_random_ops.cc`).
constexpr uint32_t kScramblingKey[2] = {0x3ec8f720u, 0x02461e29u};

/// TensorFlow makes a number in [0, 1) from 23 bits of a word.
constexpr double kUniformScale = 8388608.0;  // 2^23

}  // namespace

Dropout seeded_dropout(const DropoutAttributes& attributes, const int32_t* seed) {
  uint32_t words[4];
  for (int i = 0; i < 4; i++) words[i] = static_cast<uint32_t>(seed[i]);
  philox(kScramblingKey, words);
  Dropout dropout{};
  dropout.on = true;
  dropout.key[0] = words[0];
  dropout.key[1] = words[1];
  dropout.counter[0] = words[2];
  dropout.counter[1] = words[3];
  dropout.threshold = static_cast<uint32_t>(std::ceil(static_cast<double>(attributes.rate) * kUniformScale));
  dropout.scale = attributes.scale;
  return dropout;
}

Dropout read_dropout(Call& call, const DropoutAttributes& attributes, const Tensor& seed, int64_t numbers) {
  if (!call.ok() || attributes.rate == 0.0f) return {};
  call.expect_rate(attributes.rate);
  const bool plain = seed.rank() == 2 && seed.dim(0) == 2 && seed.dim(1) == 2;
  const bool numbered = seed.rank() == 1 && seed.dim(0) == 4 + numbers;
  call.expect(plain || numbered, [&] {
    return "seed has the shape " + seed.shape_text() + " where [2, 2] or [" + std::to_string(4 + numbers) + "] is needed";
  });
  if (!call.ok()) return {};
  Dropout dropout = seeded_dropout(attributes, seed.data<int32_t>());
  if (numbered) dropout.rows = seed.data<int32_t>() + 4;
  return dropout;
}

int64_t expect_offsets(Call& call, const Tensor& offsets, int64_t tokens) {
  if (!call.ok()) return 0;
  call.expect(offsets.rank() == 1 && offsets.dim(0) > 0, [&] {
    return "offsets has the shape " + offsets.shape_text() + " where [sequences + 1] is needed";
  });
  if (!call.ok()) return 0;
  const int64_t sequences = offsets.dim(0) - 1;
  const int32_t* offset = offsets.data<int32_t>();
  call.expect(offset[0] == 0, [&] { return "offsets must begin with 0, not " + std::to_string(offset[0]); });
  call.expect(offset[sequences] == tokens, [&] {
    return "offsets end with " + std::to_string(offset[sequences]) + ", but there are " + std::to_string(tokens) + " tokens";
  });
  int64_t longest = 0;
  for (int64_t i = 0; call.ok() && i < sequences; i++) {
    call.expect(offset[i] <= offset[i + 1], [&] {
      return "offsets must not decrease: " + std::to_string(offset[i + 1]) + " follows " + std::to_string(offset[i]);
    });
    const int64_t length = int64_t{offset[i + 1]} - offset[i];
    if (length > longest) longest = length;
  }
  return longest;
}

int64_t rows_per_block(int64_t rows) {
  constexpr int64_t kMostBlocks = 64;
  constexpr int64_t kFewestRows = 16;
  const int64_t even = (rows + kMostBlocks - 1) / kMostBlocks;
  return even < kFewestRows ? kFewestRows : even;
}

std::string register_op(const OpDefinition& definition) {
  TF_Status* status = TF_NewStatus();
  TF_OpDefinitionBuilder* op = TF_NewOpDefinitionBuilder(definition.name);
  for (const char* attribute : definition.attributes) TF_OpDefinitionBuilderAddAttr(op, attribute);
  for (const char* input : definition.inputs) TF_OpDefinitionBuilderAddInput(op, input);
  for (const char* output : definition.outputs) TF_OpDefinitionBuilderAddOutput(op, output);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(op, &TF_ShapeInferenceContextSetUnknownShape);
  TF_RegisterOpDefinition(op, status);
  const bool typed = !definition.attributes.empty() && std::strncmp(definition.attributes[0], "T:", 2) == 0;
  const std::vector<TF_DataType> dtypes =
      typed ? std::vector<TF_DataType>{TF_FLOAT, TF_BFLOAT16} : std::vector<TF_DataType>{TF_FLOAT};
  for (const TF_DataType dtype : dtypes) {
    if (TF_GetCode(status) != TF_OK) break;
    TF_KernelBuilder* kernel =
        TF_NewKernelBuilder(definition.name, "CPU", definition.create, definition.compute, definition.destroy);
    if (typed) TF_KernelBuilder_TypeConstraint(kernel, "T", dtype, status);
    if (TF_GetCode(status) != TF_OK) {
      TF_DeleteKernelBuilder(kernel);
      break;
    }
    TF_RegisterKernelBuilder(definition.name, kernel, status);
  }
  const std::string problem = TF_GetCode(status) == TF_OK ? "" : TF_Message(status);
  TF_DeleteStatus(status);
  return problem;
}

}  // namespace fin
