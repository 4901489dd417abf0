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

/// ln(x) of a normal x > 0. x = 2^n m with m from 2/3 to 4/3, and ln(m) = 2 artanh(s) with s = (m - 1) / (m + 1), by its series.
FIN_INLINE vf log_positive(vf x) {
  static const float kArtanh[] = {1.0f / 9, 1.0f / 7, 1.0f / 5, 1.0f / 3};
  const vi two_thirds = splat_int(0x3f2aaaab);
  vi n = ((vi)x - two_thirds) >> 23;
  vf m = (vf)((vi)x - (n << 23));
  vf s = (m - 1.0f) / (m + 1.0f);
  vf square = s * s;
  vf half = fma(horner(kArtanh, square) * square, s, s);
  vf result = fma(__builtin_convertvector(n, vf), splat(0.693147181f), half + half);
  return x == x ? result : x;
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

/// 2^x for x <= 0, with a relative error of 7.5e-5 unless it is subnormal. With AVX-512 the fraction is from 0 to 1, since an instruction
/// takes the whole part as it is; else from -1/2 to 1/2, and a subnormal result is 0.
FIN_INLINE vf exp2_low(vf x) {
#if defined(__x86_64__) && FIN_BYTES == 64
  static const float kExp2Above[] = {0.078024514f, 0.22606717f, 0.69583356f, 0.9999252f};
  const vf fraction = (vf)_mm512_reduce_ps((__m512)x, 1);  // x - floor(x)
  return (vf)_mm512_scalef_ps((__m512)horner(kExp2Above, fraction), (__m512)x);
#else
  static const float kExp2[] = {0.05517153f, 0.24261206f, 0.6932611f, 0.999928f};
  const vf magic = splat(12582912.0f);  // 1.5 * 2^23: adding it rounds to a whole number
  const vf lowest = splat(-126.0f);
  vf inside = x < lowest ? lowest : x;
  vf n = (inside + magic) - magic;
  vf power = horner(kExp2, inside - n);
  vf value = (vf)((vi)power + (__builtin_convertvector(n, vi) << 23));
  return x < lowest ? splat(0.0f) : value;
#endif
}

#if FIN_BYTES == 64

// GELU and its derivative by parabolas, whose coefficients are picked from registers. That takes less than half the instructions of an
// exponential function, and they are what a product by tiles waits for.

/// Parabolas around 0, 3/16, 6/16 and so on, from the highest power down.
struct Parabolas {
  float coefficients[3][2 * W];
};

/// z Φ(-z), with a relative error of 5.7e-4 up to 3 and of 1.7e-3 up to 4, and an absolute one of 3e-5.
static const Parabolas kGeluTail = {{
    {-0.398349851f, -0.385425001f, -0.345841914f, -0.286705285f, -0.216395468f, -0.144040644f, -0.0777632743f, -0.0233964380f,
     0.0161097795f, 0.0405757315f, 0.0519469976f, 0.0533896908f, 0.0483977459f, 0.0401181057f, 0.0309531260f, 0.0224544853f,
     0.0154127581f, 0.0100524919f, 0.00624852860f, 0.00370972184f, 0.00210708636f, 0.00114645832f, 0.000598151761f,
     0.000299501611f, 0.000144017380f, 6.65430562e-05f, 2.95575283e-05f, 1.28158008e-05f, 5.38519089e-06f, 2.13615499e-06f,
     8.15742794e-07f, 2.99959083e-07f},
    {0.499989003f, 0.496989518f, 0.474357963f, 0.418637842f, 0.326220810f, 0.204146579f, 0.0676165596f, -0.0646337122f,
     -0.175425068f, -0.253087848f, -0.293310136f, -0.298758537f, -0.277061909f, -0.238139778f, -0.191677466f, -0.145434827f,
     -0.104494460f, -0.0713288188f, -0.0463710800f, -0.0287648235f, -0.0170513820f, -0.00967090577f, -0.00525311986f,
     -0.00273508718f, -0.00136594626f, -0.000654734147f, -0.000301362743f, -0.000135175782f, -5.86924107e-05f, -2.40512290e-05f,
     -9.47933313e-06f, -3.59436308e-06f},
    {0.00000000f, 0.000174244618f, 0.00343807135f, 0.0166067313f, 0.0470272824f, 0.0985701457f, 0.168930858f, 0.249396726f,
     0.327100694f, 0.388748944f, 0.424323648f, 0.429459065f, 0.405881405f, 0.360132903f, 0.301240414f, 0.238330469f, 0.178818807f,
     0.127513304f, 0.0865736827f, 0.0560476184f, 0.0346434675f, 0.0204667840f, 0.0115677025f, 0.00625986606f, 0.00324570900f,
     0.00161342719f, 0.000769345614f, 0.000356920471f, 0.000160104901f, 6.77669450e-05f, 2.75627772e-05f, 1.07759452e-05f},
}};

/// Φ(-z) - z φ(z), within 5.1e-5.
static const Parabolas kGeluSlopeTail = {{
    {0.0373008437f, 0.145113319f, 0.268037379f, 0.351552725f, 0.386948138f, 0.375100672f, 0.325265259f, 0.251758724f,
     0.170140833f, 0.0937853754f, 0.0317256227f, -0.0119720101f, -0.0375449993f, -0.0481185056f, -0.0481174178f, -0.0419604480f,
     -0.0332386047f, -0.0243937839f, -0.0167723969f, -0.0108797913f, -0.00668943673f, -0.00391148496f, -0.00218041032f,
     -0.00116087997f, -0.000591181451f, -0.000288299168f, -0.000134761518f, -6.04265369e-05f, -2.60083725e-05f, -1.07513551e-05f,
     -4.27055147e-06f, -1.63062293e-06f},
    {-0.799193859f, -0.823004067f, -0.891208112f, -0.968170047f, -1.01318419f, -0.991905034f, -0.888199747f, -0.708565831f,
     -0.478993118f, -0.235923350f, -0.0153400181f, 0.156165093f, 0.265952259f, 0.315138310f, 0.314890325f, 0.281290144f,
     0.230561435f, 0.175855592f, 0.125887170f, 0.0850595459f, 0.0544640236f, 0.0331445858f, 0.0192132182f, 0.0106275054f,
     0.00561713520f, 0.00284019625f, 0.00137513410f, 0.000638047291f, 0.000283901842f, 0.000121212113f, 4.96829853e-05f,
     1.95590092e-05f},
    {0.500006795f, 0.501348674f, 0.510896683f, 0.528682828f, 0.543006122f, 0.533478320f, 0.479495227f, 0.369696438f, 0.208203346f,
     0.0147013087f, -0.181351632f, -0.349663377f, -0.467511475f, -0.524717271f, -0.524096847f, -0.478251845f, -0.404482514f,
     -0.319886237f, -0.237978250f, -0.167254254f, -0.111403629f, -0.0704975948f, -0.0424671434f, -0.0243908521f, -0.0133742010f,
     -0.00700899493f, -0.00351397460f, -0.00168673543f, -0.000775719411f, -0.000342008774f, -0.000144636680f, -5.86996248e-05f},
}};

/// At |v|, up to the end of the last parabola.
FIN_INLINE vf evaluate(const Parabolas& of, vf v) {
  const vf z = min(splat(5.9f), (vf)((vi)v & 0x7fffffff));
  // Adding 2^23 rounds to a whole number, which is then in the lowest bits.
  const __m512i number = (__m512i)fma(z, splat(16.0f / 3.0f), splat(8388608.0f));
  const auto pick = [&](int power) {
    const float* of_power = of.coefficients[power];
    return (vf)_mm512_permutex2var_ps((__m512)load(of_power), number, (__m512)load(of_power + W));
  };
  return fma(fma(pick(0), z, pick(1)), z, pick(2));
}

/// v Φ(v)
FIN_INLINE vf gelu_low(vf v) { return max(splat(0.0f), v) - evaluate(kGeluTail, v); }

/// The derivative of v Φ(v).
FIN_INLINE vf gelu_slope_low(vf v) {
  const vf tail = evaluate(kGeluSlopeTail, v);
  return v < 0.0f ? tail : 1.0f - tail;
}

#else

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

#endif
