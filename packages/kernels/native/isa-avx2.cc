// AVX2 with FMA: Intel since 2013, AMD since 2015.

#if defined(__x86_64__)

#include "body-units.h"
#include "encoder.h"
#include "int8.h"
#include "kernels.h"

#include <immintrin.h>

// No header of the standard library below this line; see simd.h.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx,avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx,avx2,fma")
#endif

#define FIN_ISA avx2
#define FIN_TABLE kAvx2
#define FIN_ENCODER kAvx2Encoder
#define FIN_INT8 kAvx2Int8
#define FIN_BYTES 32
#include "body.h"

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif
