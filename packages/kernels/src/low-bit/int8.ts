const f = Math.fround;

/** Largest code. */
export const LARGEST_CODE = 127;

/** The reciprocal of {@link LARGEST_CODE} as bitsandbytes has it. */
const STEP = f(7.874015718698502e-3);

/** A matrix in int8: a code for each element, and a scale for each row. */
export interface Int8Codes {
  /** [rows * cols] */
  readonly codes: Int8Array;
  /** Largest magnitude of each row. */
  readonly absmax: Float32Array;
}

/** Quantizes row by row, to the nearest of 255 evenly spaced numbers, as `int8_vectorwise_quant` of bitsandbytes. */
export function quantizeInt8(values: Float32Array, rows: number): Int8Codes {
  const cols = values.length / rows;
  const codes = new Int8Array(values.length);
  const absmax = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const own = values.subarray(row * cols, (row + 1) * cols);
    absmax[row] = own.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
    if (absmax[row] === 0) continue;
    const factor = f(LARGEST_CODE / absmax[row]);
    for (let i = 0; i < cols; i++) codes[row * cols + i] = roundToEven(f(own[i] * factor));
  }
  return { codes, absmax };
}

/** The numbers that the codes stand for. */
export function dequantizeInt8({ codes, absmax }: Int8Codes): Float32Array {
  const cols = codes.length / absmax.length;
  return Float32Array.from(codes, (code, i) => f(code * absmax[Math.floor(i / cols)]) * STEP);
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}
