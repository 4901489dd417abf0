// AVX512-VNNI, for products in int8 alone: Intel servers since 2019, AMD since 2022.

#include "body-units.h"
#include "encoder.h"
#include "int8.h"
#include "kernels.h"

#if defined(__x86_64__) && ((defined(__clang__) && __clang_major__ >= 9) || (!defined(__clang__) && __GNUC__ >= 8))

#include <immintrin.h>

// No header of the standard library below this line; see simd.h.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx,avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx,avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")
#endif

#define FIN_BYTES 64
#define FIN_UNIT FIN_VECTORS
#define FIN_HAS_VNNI

namespace fin {
namespace avx512vnni {
namespace {

#include "simd.h"
constexpr int64_t kStripe = 2 * W;  // columns that are summed in registers together
#include "body-int8.h"

constexpr Int8Unit kInt8 = {"avx512vnni", nullptr, nullptr, multiply_int8};

}  // namespace
}  // namespace avx512vnni
}  // namespace fin

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace fin {
extern const Int8Unit* const kVnniInt8 = &avx512vnni::kInt8;
}

#else

namespace fin {
extern const Int8Unit* const kVnniInt8 = nullptr;
}

#endif
