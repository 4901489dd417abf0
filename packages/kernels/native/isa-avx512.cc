// AVX-512 in the extent of Intel's servers since 2017 and AMD's since 2022.

#if defined(__x86_64__)

#include "kernels.h"

#include <immintrin.h>

// From here on: nothing of the standard library may be compiled with these instructions.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx,avx2,fma,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx,avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")
#endif

#define FIN_ISA avx512
#define FIN_TABLE kAvx512
#define FIN_BYTES 64
#include "body.h"

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif
