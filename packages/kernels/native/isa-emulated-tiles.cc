// AMX's tiles in C++, for tests.

#include "body-units.h"
#include "encoder.h"
#include "int8.h"
#include "kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define FIN_ISA emulated_tiles
#define FIN_NAME "emulated tiles"
#define FIN_BYTES 16
#define FIN_UNIT FIN_TILES
#define FIN_TILES_BY FIN_EMULATED
#include "body-bfloat16.h"

namespace fin {
extern const EncoderKernels kEmulatedTilesEncoder = emulated_tiles::kEncoder;
extern const Int8Unit kEmulatedTilesInt8 = emulated_tiles::kInt8;
}
