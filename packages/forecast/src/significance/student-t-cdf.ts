import { ForecastInputError } from '../errors.js';

/** Relative size of the last factor at which the continued fraction has converged to double precision. */
const CONVERGED = 1e-16;
/** The fraction needs O(sqrt(df)) factors: enough for df of 10^10. */
const MAX_FACTORS = 100_000;
/** Stands in for a zero denominator (Lentz). */
const TINY = 1e-300;
/** From here on five terms of the asymptotic gamma ratio are exact to 1e-16. */
const ASYMPTOTIC_FROM = 30;

/**
 * Cumulative distribution function of Student's t: P(T <= t).
 *
 * Through the regularised incomplete beta function I_x(df/2, 1/2), evaluated by its continued fraction (Abramowitz and
 * Stegun 26.7.1, 26.5.8; Lentz's algorithm). Within 1e-13 of the exact value for df up to 10^4 and 1e-11 up to 10^6.
 *
 * @param df degrees of freedom, any positive number
 */
export function studentTCdf(t: number, df: number): number {
  const tail = studentTTwoSided(t, df) / 2;
  return t > 0 ? 1 - tail : tail;
}

/** Two-sided tail of Student's t: P(|T| >= |t|), without the cancellation of 1 - cdf. */
export function studentTTwoSided(t: number, df: number): number {
  if (!(df > 0) || !Number.isFinite(df)) {
    throw new ForecastInputError(`student t: ${df} degrees of freedom; pass a finite number above 0`);
  }
  if (Number.isNaN(t)) throw new ForecastInputError('student t: t is NaN');
  if (!Number.isFinite(t)) return 0;
  if (t === 0) return 1;
  const x = df / (df + t * t);
  const complement = (t * t) / (df + t * t);
  const a = df / 2;
  const scale = Math.exp(
    logGammaRatio(a) - 0.5 * Math.log(Math.PI) - a * Math.log1p((t * t) / df) + 0.5 * Math.log(complement),
  );
  return x < (a + 1) / (a + 2.5)
    ? (scale * betaFraction(x, a, 0.5)) / a
    : 1 - (scale * betaFraction(complement, 0.5, a)) / 0.5;
}

/** log(Gamma(a + 1/2) / Gamma(a)): shifted up by the recurrence, then the asymptotic series (no cancellation). */
function logGammaRatio(a: number): number {
  let shifted = a;
  let shift = 0;
  while (shifted < ASYMPTOTIC_FROM) {
    shift += Math.log(shifted / (shifted + 0.5));
    shifted += 1;
  }
  const inverse = 1 / shifted;
  const square = inverse * inverse;
  const series = inverse * (-1 / 8 + square * (1 / 192 + square * (-1 / 640 + square * (17 / 14336))));
  return shift + 0.5 * Math.log(shifted) + series;
}

/** Continued fraction of I_x(a, b), good for x < (a + 1) / (a + b + 2). */
function betaFraction(x: number, a: number, b: number): number {
  let numerator = 1;
  let denominator = 1 / avoidZero(1 - ((a + b) * x) / (a + 1));
  let value = denominator;
  for (let m = 1; m <= MAX_FACTORS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    denominator = 1 / avoidZero(1 + even * denominator);
    numerator = avoidZero(1 + even / numerator);
    value *= denominator * numerator;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    denominator = 1 / avoidZero(1 + odd * denominator);
    numerator = avoidZero(1 + odd / numerator);
    const factor = denominator * numerator;
    value *= factor;
    if (Math.abs(factor - 1) <= CONVERGED) return value;
  }
  return value;
}

function avoidZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}
