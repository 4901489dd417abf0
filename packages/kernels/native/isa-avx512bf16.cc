// AVX512-BF16: Intel servers since 2020, AMD since 2022.

#include "body-units.h"
#include "encoder.h"
#include "int8.h"
#include "kernels.h"

#if defined(__x86_64__) && ((defined(__clang__) && __clang_major__ >= 9) || (!defined(__clang__) && __GNUC__ >= 10))

#include <immintrin.h>

// No header of the standard library below this line; see simd.h.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx,avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx,avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")
#endif

#define FIN_ISA avx512bf16
#define FIN_NAME "avx512bf16"
#define FIN_BYTES 64
#define FIN_HAS_BFLOAT16
#define FIN_UNIT FIN_DOTS
#include "body-bfloat16.h"

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace fin {
extern const EncoderKernels* const kAvx512Bf16Encoder = &avx512bf16::kEncoder;
}

#else

namespace fin {
extern const EncoderKernels* const kAvx512Bf16Encoder = nullptr;
}

#endif
