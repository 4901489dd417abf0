const f = Math.fround;

/** A tensor in 8 bits: a code for each element, and a scale for each block. */
export interface BlockwiseCodes {
  /** Indices into a map, one for each element. */
  readonly codes: Uint8Array;
  /** Largest magnitude of each block. */
  readonly absmax: Float32Array;
}

/** Blocks with a smaller largest magnitude are scaled as if it was this: its reciprocal is still a number. */
const LEAST_SCALE = 2 ** -126;

/**
 * Quantizes block by block: each number is divided by the largest magnitude of its block and replaced by the nearest number of the map,
 * between two by the lower. As `quantize_blockwise` of bitsandbytes.
 *
 * @param map ascending numbers from -1 or 0 to 1, at most 256
 * @param blockSize elements that share a scale; the last block may have fewer
 */
export function quantizeBlockwise(
  values: Float32Array,
  map: Float32Array,
  blockSize: number,
): BlockwiseCodes {
  const codes = new Uint8Array(values.length);
  const absmax = new Float32Array(Math.ceil(values.length / blockSize));
  const midpoints = map.subarray(1).map((value, i) => f(f(map[i] + value) / 2));
  for (let block = 0; block < absmax.length; block++) {
    const [begin, end] = [block * blockSize, Math.min((block + 1) * blockSize, values.length)];
    let largest = 0;
    for (let i = begin; i < end; i++) largest = Math.max(largest, Math.abs(values[i]));
    absmax[block] = largest;
    const inverse = f(1 / Math.max(largest, LEAST_SCALE));
    for (let i = begin; i < end; i++) codes[i] = countBelow(midpoints, f(values[i] * inverse));
  }
  return { codes, absmax };
}

/** The inverse of {@link quantizeBlockwise}, but for the rounding to the map. */
export function dequantizeBlockwise(
  { codes, absmax }: BlockwiseCodes,
  map: Float32Array,
  blockSize: number,
): Float32Array {
  return Float32Array.from(codes, (code, i) => map[code] * absmax[Math.floor(i / blockSize)]);
}

/** How many of the ascending numbers are below a value. */
function countBelow(numbers: Float32Array, value: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
