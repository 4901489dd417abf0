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
#endif
#include "body-encoder.h"

constexpr EncoderKernels kEncoder = {FIN_NAME, activation_bytes<bfloat16>, encoder_scratch<bfloat16>, run_encoder<bfloat16>};

}  // namespace
}  // namespace FIN_ISA
}  // namespace fin
