// AMX with bfloat16 and int8: Intel servers since 2023. Its tiles multiply, AVX-512 does the rest.

#include "body-units.h"
#include "encoder.h"
#include "int8.h"
#include "kernels.h"

#if defined(__x86_64__) && ((defined(__clang__) && __clang_major__ >= 12) || (!defined(__clang__) && __GNUC__ >= 11))

#include <immintrin.h>

// No header of the standard library below this line; see simd.h.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx,avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,amx-tile,amx-bf16,amx-int8"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx,avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,amx-tile,amx-bf16,amx-int8")
#endif

#define FIN_ISA amx
#define FIN_NAME "amx"
#define FIN_BYTES 64
#define FIN_HAS_BFLOAT16
#define FIN_UNIT FIN_TILES
#define FIN_TILES_BY FIN_AMX
#include "body-bfloat16.h"

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace fin {
extern const EncoderKernels* const kAmxEncoder = &amx::kEncoder;
extern const Int8Unit* const kAmxInt8 = &amx::kInt8;
}

#else

namespace fin {
extern const EncoderKernels* const kAmxEncoder = nullptr;
extern const Int8Unit* const kAmxInt8 = nullptr;
}

#endif
