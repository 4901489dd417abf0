// Elementary functions on vectors. Included by isa-*.cc after simd.h; no include guard.
//
// The coefficients are minimax fits by tooling/oracle/kernels-coefficients.py. Their errors are below single precision's rounding.

/// Polynomial by Horner's rule; coefficients from the highest power down.
template <int N>
FIN_INLINE vf horner(const float (&coefficients)[N], vf x) {
  vf sum = splat(coefficients[0]);
  for (int i = 1; i < N; i++) sum = fma(sum, x, splat(coefficients[i]));
  return sum;
}

/// e^x for x <= 0; exactly 0 where it would be subnormal. e^x = 2^n e^r with |r| <= ln(2) / 2, reduced in Cody and Waite's two
/// steps.
FIN_INLINE vf exp_negative(vf x) {
  static const float kExp[] = {0.0013814598f, 0.008368717f, 0.04166839f, 0.16666521f, 0.49999994f};
  const vf magic = splat(12582912.0f);  // 1.5 * 2^23: adding it rounds to a whole number
  const vf lowest = splat(-87.33654f);
  vf inside = x < lowest ? lowest : x;
  vf n = fma(inside, splat(1.44269504f), magic) - magic;
  vf r = fma(n, splat(-0.693359375f), inside);
  r = fma(n, splat(2.12194440e-4f), r);
  vf e = fma(horner(kExp, r), r * r, r) + 1.0f;
  vi exponent = (__builtin_convertvector(n, vi) + 127) << 23;
  vf value = e * (vf)exponent;
  return x < lowest ? splat(0.0f) : value;
}

/// 1 / (1 + e^-x)
FIN_INLINE vf sigmoid(vf x) {
  vf e = exp_negative((vf)((vi)x | INT32_MIN));  // e^-|x|
  return (x < 0.0f ? e : splat(1.0f)) / (1.0f + e);
}

/// x + x³ p(x²) near 0, with a relative error of 4.4e-9 before rounding; beyond, (1 - e^-2|x|) / (1 + e^-2|x|).
FIN_INLINE vf tanh(vf x) {
  static const float kTanh[] = {-0.005704749f, 0.020638883f, -0.053739656f, 0.13331442f, -0.3333328f};
  vf square = x * x;
  vf near = fma(horner(kTanh, square) * square, x, x);
  vf magnitude = (vf)((vi)x & INT32_MAX);
  vf e = exp_negative(magnitude * -2.0f);
  vf far = (1.0f - e) / (1.0f + e);
  vf result = magnitude < 0.625f ? near : (vf)((vi)far | ((vi)x & INT32_MIN));
  return x == x ? result : x;
}

/// The parts of the normal distribution at |v| that GELU needs.
struct NormalTail {
  /// e^(-v²/2)
  vf bell;
  /// e^(v²/2) times the probability of a value greater than |v|
  vf ratio;
  vf z;
};

/// With t = 1 / (1 + cz), the ratio is t times a polynomial in t, with a relative error of 6e-9. The rounding error of z² is
/// corrected; otherwise the tail's relative error would be z² times as large.
FIN_INLINE NormalTail normal_tail(vf v) {
  static const float kRatio[] = {0.028505303f,  -0.16658361f, 0.3901161f,  -0.43166757f, 0.18909897f,
                                 -0.050003234f, 0.10224804f,  0.12891413f, 0.1547886f,   0.15458325f};
  vf magnitude = v < 0.0f ? -v : v;
  vf z = min(magnitude, splat(14.5f));  // the density is 0 beyond
  vf square = z * z;
  vf lost = fma(z, z, -square);
  vf bell = exp_negative(square * -0.5f);
  bell = fma(bell, lost * -0.5f, bell);
  vf t = 1.0f / fma(z, splat(0.3875f), splat(1.0f));
  return {bell, horner(kRatio, t) * t, z};
}

/// Φ(v), the standard normal distribution function.
FIN_INLINE vf normal_cdf(vf v) {
  NormalTail tail = normal_tail(v);
  vf above = tail.bell * tail.ratio;
  return v < 0.0f ? above : 1.0f - above;
}

/// The derivative of v Φ(v): Φ(v) + v φ(v).
FIN_INLINE vf gelu_slope(vf v) {
  NormalTail tail = normal_tail(v);
  vf above = tail.bell * fma(tail.z, splat(-0.398942280f), tail.ratio);
  return v < 0.0f ? above : 1.0f - above;
}

// Approximations for results that are rounded to bfloat16, whose own error is 2^-9 = 2e-3.

/// 2^x for x <= 0, with a relative error of 7.5e-5; 0 where it would be subnormal.
FIN_INLINE vf exp2_low(vf x) {
  static const float kExp2[] = {0.05517153f, 0.24261206f, 0.6932611f, 0.999928f};
  const vf magic = splat(12582912.0f);  // 1.5 * 2^23: adding it rounds to a whole number
  const vf lowest = splat(-126.0f);
  vf inside = x < lowest ? lowest : x;
  vf n = (inside + magic) - magic;
  vf power = horner(kExp2, inside - n);
#if FIN_BYTES == 64
  vf value = (vf)_mm512_scalef_ps((__m512)power, (__m512)n);
#else
  vf value = (vf)((vi)power + (__builtin_convertvector(n, vi) << 23));
#endif
  return x < lowest ? splat(0.0f) : value;
}

/// log2 of the tail of Φ at |v|, p(|v|), up to 8. The tail 2^p has a relative error of 2.3e-4, and beyond it is below 1e-15.
static const float kLogTail[] = {1.3207789e-05f, -0.0004267831f, 0.0058977418f, -0.046997134f,
                                 -0.46733037f,   -1.1470048f,    -1.0003306f};

FIN_INLINE vf magnitude_low(vf v) { return min((vf)((vi)v & 0x7fffffff), splat(8.0f)); }

/// v Φ(v)
FIN_INLINE vf gelu_low(vf v) {
  vf tail = exp2_low(horner(kLogTail, magnitude_low(v)));
  return v * (v < 0.0f ? tail : 1.0f - tail);
}

/// The derivative of v Φ(v), within 1.4e-4: Φ(v) + v φ(v), where φ is the derivative of the tail, -ln(2) p'(|v|) 2^p.
FIN_INLINE vf gelu_slope_low(vf v) {
  static const float kLogTailSlope[] = {7.9246734e-05f, -0.0021339155f, 0.023590967f, -0.1409914f, -0.93466074f, -1.1470048f};
  vf magnitude = magnitude_low(v);
  vf tail = exp2_low(horner(kLogTail, magnitude));
  vf density = tail * horner(kLogTailSlope, magnitude) * -0.69314718f;
  return fma(v, density, v < 0.0f ? tail : 1.0f - tail);
}
