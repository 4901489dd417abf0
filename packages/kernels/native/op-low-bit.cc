// FinLowBitDecode: the numbers of a matrix in few bits, for ops that do not read such matrices themselves.

#include <algorithm>

#include "cpu.h"
#include "low-bit.h"
#include "op.h"
#include "pool.h"

namespace fin {
namespace {

/// Rows per task.
constexpr int64_t kRows = 32;

void compute(void*, TF_OpKernelContext* context) {
  Call call(context, "FinLowBitDecode");
  Tensor bytes, numbers;
  call.input(0, bytes);
  if (!call.ok()) return;
  LowBitMatrix matrix{};
  const std::string problem = read_low_bit(bytes.data(), bytes.elements(), matrix);
  call.expect(problem.empty(), [&] { return "the input " + problem; });
  if (!call.ok()) return;
  call.output(0, numbers, TF_FLOAT, {matrix.rows, matrix.cols});
  if (!call.ok() || numbers.elements() == 0) return;
  const auto decode = kernels().decode_low_bit;
  parallel_for((matrix.rows + kRows - 1) / kRows, [&](int64_t task) {
    const int64_t row = task * kRows;
    decode(matrix, row, std::min(kRows, matrix.rows - row), 0, matrix.cols, numbers.data<float>() + row * matrix.cols);
  });
}

}  // namespace

std::string register_low_bit() {
  return register_op({"FinLowBitDecode", {}, {"bytes: uint8"}, {"numbers: float"}, nullptr, &compute, nullptr});
}

}  // namespace fin
