/** Below this the series is used, above it the continued fraction; both reach double precision there. */
const SWITCH = 2.5;
const TERMS = 200;

/** The error function in double precision: a series of positive terms, or 1 - erfc by a continued fraction. */
export function erf(x: number): number {
  const z = Math.abs(x);
  return Math.sign(x) * (z < SWITCH ? series(z) : 1 - erfcFraction(z));
}

/** 1 - erf(x), accurate where it is small. */
export function erfc(x: number): number {
  if (x < SWITCH) return 1 - erf(x);
  return erfcFraction(x);
}

/** 2/√π e^(-z²) Σ 2^n z^(2n+1) / (2n+1)!! */
function series(z: number): number {
  let term = z;
  let sum = 0;
  for (let n = 1; n < TERMS && sum + term !== sum; n++) {
    sum += term;
    term *= (2 * z * z) / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum;
}

/** e^(-z²)/√π · 1/(z + (1/2)/(z + 1/(z + (3/2)/(z + …)))) */
function erfcFraction(z: number): number {
  let tail = z;
  for (let n = TERMS; n >= 1; n--) tail = z + n / 2 / tail;
  return Math.exp(-z * z) / Math.sqrt(Math.PI) / tail;
}
