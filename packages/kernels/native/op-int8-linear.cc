// FinInt8Linear: a linear layer with a weight in int8 panels, whose input is quantized row by row (dynamic quantization).

#include <algorithm>
#include <atomic>

#include "cpu.h"
#include "low-bit.h"
#include "op.h"
#include "pool.h"

namespace fin {
namespace {

/// Rows and panels per task: the codes of the rows stay in a core's L2 cache.
constexpr int64_t kRows = 192;
constexpr int64_t kPanels = 8;

void compute(void*, TF_OpKernelContext* context) {
  Call call(context, "FinInt8Linear");
  Tensor x, bytes, bias, y;
  call.input(0, x);
  call.input(1, bytes);
  call.input(2, bias);
  if (!call.ok()) return;
  LowBitMatrix weight{};
  const std::string problem = read_low_bit(bytes.data(), bytes.elements(), weight);
  call.expect(problem.empty(), [&] { return "the weight " + problem; });
  call.expect(weight.format == kInt8Panels, [] { return "the weight is not in int8 panels"; });
  call.expect(x.rank() == 2 && x.dim(1) == weight.cols, [&] {
    return "x has the shape " + x.shape_text() + " where [rows, " + std::to_string(weight.cols) + "] is needed";
  });
  if (!call.ok()) return;
  const float* added = call.optional_vector(bias, "the bias", weight.rows);
  if (!call.ok()) return;
  call.output(0, y, x.dtype(), {x.dim(0), weight.rows});
  if (!call.ok() || y.elements() == 0) return;
  const Kernels& table = kernels();
  const Int8LinearArgs args{x.data(), y.data(), &weight, added};
  const int64_t rows = x.dim(0), panels = whole_panels(weight.rows), across = (panels + kPanels - 1) / kPanels;
  std::atomic<bool> enough_memory{true};
  parallel_for((rows + kRows - 1) / kRows * across, [&](int64_t task) {
    const int64_t begin = task / across * kRows, first = task % across * kPanels;
    const int64_t end = std::min(begin + kRows, rows);
    float* scratch = thread_scratch(table.int8_linear_scratch(weight, end - begin));
    if (scratch == nullptr) {
      enough_memory = false;
      return;
    }
    table.int8_linear[storage(x)](args, begin, end, first, std::min(first + kPanels, panels), scratch);
  });
  if (!enough_memory) call.fail("out of memory", TF_RESOURCE_EXHAUSTED);
}

}  // namespace

std::string register_int8_linear() {
  return register_op({"FinInt8Linear", {"T: {float, bfloat16}"}, {"x: T", "weight: uint8", "bias: float"}, {"y: T"}, nullptr, &compute, nullptr});
}

}  // namespace fin
