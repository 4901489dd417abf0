import { erf, erfc } from './erf.js';

/** A matrix in double precision, row by row. */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  readonly data: ArrayLike<number>;
}

/** Φ(v), accurate in the lower tail too. */
export const normalCdf = (v: number): number =>
  v < 0 ? erfc(-v / Math.SQRT2) / 2 : (1 + erf(v / Math.SQRT2)) / 2;

export const gelu = (v: number): number => v * normalCdf(v);

/** The derivative of gelu. */
export const geluSlope = (v: number): number =>
  normalCdf(v) + (v * Math.exp((-v * v) / 2)) / Math.sqrt(2 * Math.PI);

export interface LayerNormReference {
  readonly y: Float64Array;
  readonly dz: Float64Array;
  readonly dgamma: Float64Array;
  readonly dbeta: Float64Array;
}

/** Layer norm of z and its gradients for the upstream gradient dy. */
export function layerNorm(
  z: Matrix,
  gamma: ArrayLike<number>,
  beta: ArrayLike<number>,
  eps: number,
  dy: ArrayLike<number>,
): LayerNormReference {
  const { rows, cols, data } = z;
  const y = new Float64Array(rows * cols);
  const dz = new Float64Array(rows * cols);
  const dgamma = new Float64Array(cols);
  const dbeta = new Float64Array(cols);
  for (let row = 0; row < rows; row++) {
    const at = (col: number) => row * cols + col;
    let mean = 0;
    for (let c = 0; c < cols; c++) mean += data[at(c)] / cols;
    let variance = 0;
    for (let c = 0; c < cols; c++) variance += (data[at(c)] - mean) ** 2 / cols;
    const rstd = 1 / Math.sqrt(variance + eps);
    let meanG = 0;
    let meanGn = 0;
    for (let c = 0; c < cols; c++) {
      const n = (data[at(c)] - mean) * rstd;
      y[at(c)] = n * gamma[c] + beta[c];
      dgamma[c] += dy[at(c)] * n;
      dbeta[c] += dy[at(c)];
      meanG += (dy[at(c)] * gamma[c]) / cols;
      meanGn += (dy[at(c)] * gamma[c] * n) / cols;
    }
    for (let c = 0; c < cols; c++) {
      const n = (data[at(c)] - mean) * rstd;
      dz[at(c)] = (dy[at(c)] * gamma[c] - meanG - n * meanGn) * rstd;
    }
  }
  return { y, dz, dgamma, dbeta };
}

export interface AttentionReference {
  readonly out: Float64Array;
  readonly dq: Float64Array;
  readonly dk: Float64Array;
  readonly dv: Float64Array;
}

/**
 * Attention within sequences and its gradients for the upstream gradient of the output.
 *
 * @param kept what dropout multiplies the weight of [sequence, head, query, key] by
 */
export function packedAttention(
  [q, k, v, dout]: readonly ArrayLike<number>[],
  offsets: ArrayLike<number>,
  hidden: number,
  { heads, scale }: { heads: number; scale: number },
  kept: (sequence: number, head: number, query: number, key: number) => number = () => 1,
): AttentionReference {
  const tokens = offsets[offsets.length - 1];
  const headDim = hidden / heads;
  const [out, dq, dk, dv] = Array.from({ length: 4 }, () => new Float64Array(tokens * hidden));
  for (let s = 0; s + 1 < offsets.length; s++) {
    const [begin, length] = [offsets[s], offsets[s + 1] - offsets[s]];
    for (let h = 0; h < heads; h++) {
      const at = (i: number, d: number) => (begin + i) * hidden + h * headDim + d;
      const dot = (a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number) => {
        let sum = 0;
        for (let d = 0; d < headDim; d++) sum += a[at(i, d)] * b[at(j, d)];
        return sum;
      };
      for (let i = 0; i < length; i++) {
        const keys = Array.from({ length }, (_, j) => j);
        const scores = keys.map((j) => scale * dot(q, i, k, j));
        const top = Math.max(...scores);
        const exponentials = scores.map((score) => Math.exp(score - top));
        const total = exponentials.reduce((sum, e) => sum + e, 0);
        const weights = exponentials.map((e) => e / total);
        const factors = keys.map((j) => kept(s, h, i, j));
        const dWeights = keys.map((j) => factors[j] * dot(dout, i, v, j));
        const projection = keys.reduce((sum, j) => sum + dWeights[j] * weights[j], 0);
        for (const j of keys) {
          const dScore = scale * weights[j] * (dWeights[j] - projection);
          for (let d = 0; d < headDim; d++) {
            out[at(i, d)] += weights[j] * factors[j] * v[at(j, d)];
            dv[at(j, d)] += weights[j] * factors[j] * dout[at(i, d)];
            dq[at(i, d)] += dScore * k[at(j, d)];
            dk[at(j, d)] += dScore * q[at(i, d)];
          }
        }
      }
    }
  }
  return { out, dq, dk, dv };
}
