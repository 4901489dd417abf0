// Vectors of FIN_BYTES bytes, written with the vector extensions that GCC and Clang share, and intrinsics where these would not
// become one instruction. Included by isa-*.cc inside the namespace of an instruction set; no include guard.
//
// Do not call the standard library here. The linker keeps one copy of each inline function for all files, and it could keep the
// copy that was compiled with these instructions.

typedef float vf __attribute__((vector_size(FIN_BYTES)));
typedef int32_t vi __attribute__((vector_size(FIN_BYTES)));
typedef uint32_t vu __attribute__((vector_size(FIN_BYTES)));
typedef uint64_t vq __attribute__((vector_size(FIN_BYTES)));
typedef int16_t vs __attribute__((vector_size(FIN_BYTES)));
typedef uint16_t vh __attribute__((vector_size(FIN_BYTES / 2)));
typedef uint8_t vb __attribute__((vector_size(FIN_BYTES / 4)));

constexpr int64_t W = FIN_BYTES / 4;

#define FIN_MEMBER inline __attribute__((always_inline))
#define FIN_INLINE static FIN_MEMBER

FIN_INLINE vf splat(float x) {
#if defined(__x86_64__) && FIN_BYTES == 64
  return (vf)_mm512_set1_ps(x);
#elif defined(__x86_64__) && FIN_BYTES == 32
  return (vf)_mm256_set1_ps(x);
#elif defined(__x86_64__)
  return (vf)_mm_set1_ps(x);
#else
  vf v;
  for (int64_t i = 0; i < W; i++) v[i] = x;
  return v;
#endif
}

FIN_INLINE vq splat_bits(uint64_t x) {
  vq v = {};
  return v + x;
}

FIN_INLINE vi splat_int(int32_t x) {
#if defined(__x86_64__) && FIN_BYTES == 64
  return (vi)_mm512_set1_epi32(x);
#elif defined(__x86_64__) && FIN_BYTES == 32
  return (vi)_mm256_set1_epi32(x);
#elif defined(__x86_64__)
  return (vi)_mm_set1_epi32(x);
#else
  vi v = {};
  return v + x;
#endif
}

/// Products of int16, added in pairs.
FIN_INLINE vi multiply_pairs(vi a, vi b) {
#if defined(__x86_64__) && FIN_BYTES == 64
  return (vi)_mm512_madd_epi16((__m512i)a, (__m512i)b);
#elif defined(__x86_64__) && FIN_BYTES == 32
  return (vi)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#elif defined(__x86_64__)
  return (vi)_mm_madd_epi16((__m128i)a, (__m128i)b);
#else
  const vi lower_a = (vi)((vu)a << 16) >> 16, lower_b = (vi)((vu)b << 16) >> 16;
  return lower_a * lower_b + (a >> 16) * (b >> 16);
#endif
}

/// 0, 1, 2, …
FIN_INLINE vi lane_numbers() {
  vi v;
  for (int64_t i = 0; i < W; i++) v[i] = (int32_t)i;
  return v;
}

/// a * b + c; rounded once if the instruction set has a fused multiply-add.
FIN_INLINE vf fma(vf a, vf b, vf c) {
#if defined(__x86_64__) && FIN_BYTES == 64
  return (vf)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(__x86_64__) && FIN_BYTES == 32
  return (vf)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(__aarch64__)
  return (vf)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
  return a * b + c;
#endif
}

// Interleaves two vectors, a0 b0 a1 b1 …, into a lower and an upper half.
#if defined(__clang__) || __GNUC__ >= 12
#define FIN_SHUFFLE(I, a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define FIN_SHUFFLE(I, a, b, ...) __builtin_shuffle(a, b, (I){__VA_ARGS__})
#endif

FIN_INLINE void alternate(vq a, vq b, vq& lower, vq& upper) {
#if FIN_BYTES == 64
  lower = FIN_SHUFFLE(vq, a, b, 0, 8, 1, 9, 2, 10, 3, 11);
  upper = FIN_SHUFFLE(vq, a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#elif FIN_BYTES == 32
  lower = FIN_SHUFFLE(vq, a, b, 0, 4, 1, 5);
  upper = FIN_SHUFFLE(vq, a, b, 2, 6, 3, 7);
#else
  lower = FIN_SHUFFLE(vq, a, b, 0, 2);
  upper = FIN_SHUFFLE(vq, a, b, 1, 3);
#endif
}

FIN_INLINE void alternate(vf a, vf b, vf& lower, vf& upper) {
#if FIN_BYTES == 64
  lower = FIN_SHUFFLE(vi, a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  upper = FIN_SHUFFLE(vi, a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
#elif FIN_BYTES == 32
  lower = FIN_SHUFFLE(vi, a, b, 0, 8, 1, 9, 2, 10, 3, 11);
  upper = FIN_SHUFFLE(vi, a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#else
  lower = FIN_SHUFFLE(vi, a, b, 0, 4, 1, 5);
  upper = FIN_SHUFFLE(vi, a, b, 2, 6, 3, 7);
#endif
}

/// Transposes W vectors in place. Interleaving the two halves of a list rotates the bits of each element's index by one. After
/// log2(W) rounds, row and lane have changed places.
FIN_INLINE void transpose(vf (&rows)[W]) {
#pragma GCC unroll 4
  for (int64_t done = 1; done < W; done *= 2) {
    vf next[W];
#pragma GCC unroll 8
    for (int64_t i = 0; i < W / 2; i++) alternate(rows[i], rows[i + W / 2], next[2 * i], next[2 * i + 1]);
#pragma GCC unroll 16
    for (int64_t i = 0; i < W; i++) rows[i] = next[i];
  }
}

/// Product of the lower halves of each 64-bit lane.
FIN_INLINE vq multiply_lower(vq a, vq b) {
#if defined(__x86_64__) && FIN_BYTES == 64
  return (vq)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#elif defined(__x86_64__) && FIN_BYTES == 32
  return (vq)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif defined(__x86_64__)
  return (vq)_mm_mul_epu32((__m128i)a, (__m128i)b);
#else
  return (a & 0xffffffffu) * (b & 0xffffffffu);
#endif
}

FIN_INLINE vf max(vf a, vf b) { return a > b ? a : b; }
FIN_INLINE vf min(vf a, vf b) { return a < b ? a : b; }

FIN_INLINE vf square_root(vf x) {
#if defined(__x86_64__) && FIN_BYTES == 64
  return (vf)_mm512_sqrt_ps((__m512)x);
#elif defined(__x86_64__) && FIN_BYTES == 32
  return (vf)_mm256_sqrt_ps((__m256)x);
#elif defined(__x86_64__)
  return (vf)_mm_sqrt_ps((__m128)x);
#else
  vf v;
  for (int64_t i = 0; i < W; i++) v[i] = __builtin_sqrtf(x[i]);
  return v;
#endif
}

typedef float v4 __attribute__((vector_size(16)));

/// Combines the 16-byte parts of a vector by f, lane by lane. The order is fixed, so that a sum does not depend on the compiler.
template <class F>
FIN_INLINE v4 fold(vf v, [[maybe_unused]] F f) {
  v4 parts[FIN_BYTES / 16];
  __builtin_memcpy(parts, &v, sizeof v);
#if FIN_BYTES == 64
  return f(f(parts[0], parts[2]), f(parts[1], parts[3]));
#elif FIN_BYTES == 32
  return f(parts[0], parts[1]);
#else
  return parts[0];
#endif
}

struct Add {
  template <class V>
  FIN_MEMBER V operator()(V a, V b) const {
    return a + b;
  }
};

struct Larger {
  template <class V>
  FIN_MEMBER V operator()(V a, V b) const {
    return a > b ? a : b;
  }
};

FIN_INLINE float reduce_add(vf v) {
  v4 sums = fold(v, Add());
  return (sums[0] + sums[2]) + (sums[1] + sums[3]);
}

FIN_INLINE float reduce_max(vf v) {
  v4 largest = fold(v, Larger());
  Larger larger;
  return larger(larger(largest[0], largest[2]), larger(largest[1], largest[3]));
}

FIN_INLINE vf load(const float* p) {
  vf v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

FIN_INLINE void store(float* p, vf v) { __builtin_memcpy(p, &v, sizeof v); }

/// bfloat16: the upper half of a float's bits.
struct bfloat16 {
  uint16_t bits;
};

FIN_INLINE vf load(const bfloat16* p) {
  vh half;
  __builtin_memcpy(&half, p, sizeof half);
  return (vf)(__builtin_convertvector(half, vu) << 16);
}

/// The bits of bfloat16 in the lower half of each lane. Rounds to nearest, ties to even; NaN stays NaN.
FIN_INLINE vu bfloat16_bits(vf v) {
  vu bits = (vu)v;
  vu rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  vu quiet = (bits >> 16) | 0x40;
  return v == v ? rounded : quiet;
}

FIN_INLINE void store(bfloat16* p, vf v) {
#if defined(FIN_HAS_BFLOAT16)
  const __m256bh rounded = _mm512_cvtneps_pbh((__m512)v);
  __builtin_memcpy(p, &rounded, sizeof rounded);
#else
  vh half = __builtin_convertvector(bfloat16_bits(v), vh);
  __builtin_memcpy(p, &half, sizeof half);
#endif
}

/// Two numbers as bfloat16 in each lane, one in its lower half and one in its upper.
FIN_INLINE vu bfloat16_pairs(vf lower, vf upper) {
#if defined(FIN_HAS_BFLOAT16)
  const vf both = (vf)_mm512_cvtne2ps_pbh((__m512)upper, (__m512)lower);
  // Written out: Clang would fill a vector in a loop at each call.
  const vs turns = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                    8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  return (vu)_mm512_permutexvar_epi16((__m512i)turns, (__m512i)both);
#else
  return bfloat16_bits(lower) | (bfloat16_bits(upper) << 16);
#endif
}

/// Stores two vectors one after the other.
template <class T>
FIN_INLINE void store_both(T* p, vf a, vf b) {
  store(p, a);
  store(p + W, b);
}

#if defined(FIN_HAS_BFLOAT16)
FIN_INLINE void store_both(bfloat16* p, vf a, vf b) {
  const __m512bh rounded = _mm512_cvtne2ps_pbh((__m512)b, (__m512)a);
  __builtin_memcpy(p, &rounded, sizeof rounded);
}
#endif

/// The same for what is read much later: past the caches, which need not fetch a line first. Call `after_passing_stores` before another
/// thread may read it.
template <class T>
FIN_INLINE void store_both_passing(T* p, vf a, vf b) {
  store_both(p, a, b);
}

FIN_INLINE void after_passing_stores() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

#if FIN_BYTES == 64
FIN_INLINE bool begins_line(const void* p) { return (uintptr_t)p % 64 == 0; }

FIN_INLINE void store_both_passing(float* p, vf a, vf b) {
  if (!begins_line(p)) return store_both(p, a, b);
  _mm512_stream_ps(p, (__m512)a);
  _mm512_stream_ps(p + W, (__m512)b);
}
#endif

#if defined(FIN_HAS_BFLOAT16)
FIN_INLINE void store_both_passing(bfloat16* p, vf a, vf b) {
  if (!begins_line(p)) return store_both(p, a, b);
  _mm512_stream_si512((__m512i*)p, (__m512i)_mm512_cvtne2ps_pbh((__m512)b, (__m512)a));
}
#endif

/// The first `count` < W elements, followed by zeros.
template <class T>
FIN_INLINE vf load_part(const T* p, int64_t count) {
  T lanes[W] = {};
  for (int64_t i = 0; i < count; i++) lanes[i] = p[i];
  return load(lanes);
}

#if defined(__x86_64__) && FIN_BYTES == 64
FIN_INLINE vf load_part(const float* p, int64_t count) { return (vf)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), p); }
#endif

template <class T>
FIN_INLINE void store_part(T* p, vf v, int64_t count) {
  T lanes[W];
  store(lanes, v);
  for (int64_t i = 0; i < count; i++) p[i] = lanes[i];
}

#if defined(__x86_64__) && FIN_BYTES == 64
FIN_INLINE void store_part(float* p, vf v, int64_t count) {
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << count) - 1), (__m512)v);
}
#endif

/// Loads or stores a whole vector, or the rest of a row.
template <class T>
FIN_INLINE vf load_up_to(const T* p, int64_t count) {
  return count >= W ? load(p) : load_part(p, count);
}

template <class T>
FIN_INLINE void store_up_to(T* p, vf v, int64_t count) {
  if (count >= W) {
    store(p, v);
  } else {
    store_part(p, v, count);
  }
}

FIN_INLINE int64_t round_up(int64_t n, int64_t multiple) { return (n + multiple - 1) / multiple * multiple; }

/// Numbers of a table.
FIN_INLINE vf gather(const float* table, vi index) {
#if defined(__x86_64__) && FIN_BYTES == 64
  return (vf)_mm512_i32gather_ps((__m512i)index, table, 4);
#elif defined(__x86_64__) && FIN_BYTES == 32
  return (vf)_mm256_i32gather_ps(table, (__m256i)index, 4);
#else
  vf v;
  for (int64_t i = 0; i < W; i++) v[i] = table[index[i]];
  return v;
#endif
}

FIN_INLINE vi gather(const int32_t* table, vi index) {
#if defined(__x86_64__) && FIN_BYTES == 64
  return (vi)_mm512_i32gather_epi32((__m512i)index, table, 4);
#elif defined(__x86_64__) && FIN_BYTES == 32
  return (vi)_mm256_i32gather_epi32(table, (__m256i)index, 4);
#else
  vi v;
  for (int64_t i = 0; i < W; i++) v[i] = table[index[i]];
  return v;
#endif
}

FIN_INLINE vi load_ints(const int32_t* p) {
  vi v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

/// Bytes as numbers; those after the first `count` are 0.
FIN_INLINE vi load_bytes_up_to(const uint8_t* p, int64_t count) {
  vb bytes = {};
  if (count >= W) {
    __builtin_memcpy(&bytes, p, sizeof bytes);
  } else {
    for (int64_t i = 0; i < count; i++) bytes[i] = p[i];
  }
  return __builtin_convertvector(bytes, vi);
}

FIN_INLINE void store_bytes_up_to(uint8_t* p, vi v, int64_t count) {
  const vb bytes = __builtin_convertvector(v, vb);
  if (count >= W) {
    __builtin_memcpy(p, &bytes, sizeof bytes);
  } else {
    for (int64_t i = 0; i < count; i++) p[i] = bytes[i];
  }
}
