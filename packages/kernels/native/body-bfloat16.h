// The encoder in bfloat16 alone, for units that multiply nothing else. Included by isa-*.cc, which define the unit; no include
// guard.

namespace fin {
namespace FIN_ISA {
namespace {

#include "simd.h"

#include "approx.h"
#include "philox.h"
#include "matmul.h"

#include "body-attention.h"
#include "body-panels.h"
#if FIN_UNIT == FIN_TILES
#include "body-tile-attention.h"
#include "body-tile-attention-grad.h"
#endif
#include "body-pack.h"
#if FIN_UNIT == FIN_TILES
#include "body-int8.h"
#endif
#include "body-int8-rows.h"
#include "body-low-bit.h"
#include "body-activations.h"
#include "body-low-rank.h"
#include "body-encoder.h"
#include "body-weight-grad.h"
#include "body-encoder-grad.h"

constexpr EncoderKernels kEncoder = encoder_table<bfloat16>(FIN_NAME);
#if FIN_UNIT == FIN_TILES
constexpr Int8Unit kInt8 = {FIN_NAME, begin_int8, end_int8, multiply_int8};
#endif

}  // namespace
}  // namespace FIN_ISA
}  // namespace fin
