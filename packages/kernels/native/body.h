// All inner loops for one instruction set. Included by isa-*.cc, which define its name FIN_ISA and its vector size FIN_BYTES;
// no include guard.

namespace fin {
namespace FIN_ISA {
namespace {

#define FIN_UNIT FIN_VECTORS
#include "simd.h"

#include "approx.h"
#include "philox.h"
#include "matmul.h"

#include "body-dropout.h"
#include "body-gelu.h"
#include "body-layer-norm.h"
#include "body-table-rows.h"
#include "body-attention.h"
#include "body-product.h"
#include "body-adam.h"
#include "body-adam-8bit.h"
#include "body-lstm.h"
#include "body-panels.h"
#include "body-pack.h"
#include "body-int8.h"
#include "body-int8-rows.h"
#include "body-low-bit.h"
#include "body-activations.h"
#include "body-low-rank.h"
#include "body-encoder.h"
#include "body-weight-grad.h"
#include "body-encoder-grad.h"
#include "body-int8-linear.h"

}  // namespace
}  // namespace FIN_ISA

#define FIN_STRING_(x) #x
#define FIN_STRING(x) FIN_STRING_(x)
#define FIN_BOTH(f) {FIN_ISA::f<float>, FIN_ISA::f<FIN_ISA::bfloat16>}

extern const Kernels FIN_TABLE = {
    FIN_STRING(FIN_ISA),
    FIN_BOTH(dropout),
    FIN_BOTH(gelu),
    FIN_BOTH(gelu_grad),
    FIN_ISA::layer_norm_scratch,
    FIN_BOTH(layer_norm),
    FIN_BOTH(layer_norm_grad),
    FIN_BOTH(sum_table_rows),
    FIN_ISA::attention_scratch,
    FIN_BOTH(attention),
    FIN_BOTH(attention_grad),
    FIN_ISA::kProductShape,
    FIN_BOTH(pack_rows),
    FIN_BOTH(pack_cols),
    FIN_BOTH(product_block),
    FIN_ISA::adam,
    FIN_ISA::adam_8bit,
    FIN_ISA::sum_of_squares,
    FIN_ISA::lstm,
    FIN_ISA::lstm_grad,
    FIN_ISA::lstm_scratch,
    FIN_ISA::lstm_weight_grad,
    FIN_ISA::sum_rows,
    FIN_ISA::decode_part,
    FIN_ISA::int8_linear_scratch,
    FIN_BOTH(int8_linear),
};

extern const EncoderKernels FIN_ENCODER[kStorages] = {FIN_ISA::encoder_table<float>(FIN_STRING(FIN_ISA)),
                                                      FIN_ISA::encoder_table<FIN_ISA::bfloat16>(FIN_STRING(FIN_ISA))};

extern const Int8Unit FIN_INT8 = {FIN_STRING(FIN_ISA), nullptr, nullptr, FIN_ISA::multiply_int8};

}  // namespace fin
