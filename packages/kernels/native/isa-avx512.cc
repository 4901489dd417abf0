// AVX-512 F, DQ, BW and VL: Intel servers since 2017, AMD since 2022.

#if defined(__x86_64__)

#include "body-units.h"
#include "encoder.h"
#include "int8.h"
#include "kernels.h"

#include <immintrin.h>

// No header of the standard library below this line; see simd.h.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx,avx2,fma,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx,avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")
#endif

#define FIN_ISA avx512
#define FIN_TABLE kAvx512
#define FIN_ENCODER kAvx512Encoder
#define FIN_INT8 kAvx512Int8
#define FIN_BYTES 64
#include "body.h"

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif
