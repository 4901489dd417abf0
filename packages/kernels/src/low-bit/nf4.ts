import type { BlockwiseCodes } from './blockwise.js';
import { dequantizeBlockwise, quantizeBlockwise } from './blockwise.js';
import { dynamicMap } from './dynamic-map.js';

const f = Math.fround;

/** Elements that share a scale. */
export const NF4_BLOCK = 64;

/** Scales that share a scale of their own. */
export const NF4_SCALE_BLOCK = 256;

/**
 * The 16 numbers of NF4: quantiles of the normal distribution, scaled to [-1, 1], with an exact 0.
 *
 * @see Dettmers et al. 2023, arXiv 2305.14314, appendix E
 */
export const NF4_NUMBERS: Float32Array = Float32Array.of(
  ...[-1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453],
  ...[-0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0],
  ...[0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224],
  ...[0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1],
);

/** A tensor in NF4: half a byte for each element, and for each block of 64 a scale, itself in 8 bits. */
export interface Nf4Codes {
  /** Two codes in a byte, the first in the upper half. */
  readonly codes: Uint8Array;
  /** The scales less their mean, in blocks of 256; codes of the signed dynamic map. */
  readonly scales: BlockwiseCodes;
  /** Mean of the scales. */
  readonly offset: number;
}

/** Quantizes as `quantize_4bit` of bitsandbytes with `quant_type='nf4'`, blocks of 64 and `compress_statistics=True`. */
export function quantizeNf4(values: Float32Array): Nf4Codes {
  const { codes, absmax } = quantizeBlockwise(values, NF4_NUMBERS, NF4_BLOCK);
  const packed = new Uint8Array(Math.ceil(codes.length / 2));
  for (let i = 0; i < codes.length; i++) packed[i >> 1] |= i % 2 === 0 ? codes[i] << 4 : codes[i];
  const offset = absmax.length === 0 ? 0 : f(absmax.reduce((sum, scale) => sum + scale, 0) / absmax.length);
  const scales = quantizeBlockwise(
    absmax.map((scale) => scale - offset),
    dynamicMap(true),
    NF4_SCALE_BLOCK,
  );
  return { codes: packed, scales, offset };
}

/** The numbers that the codes stand for. @param size number of elements */
export function dequantizeNf4({ codes, scales, offset }: Nf4Codes, size: number): Float32Array {
  const absmax = dequantizeBlockwise(scales, dynamicMap(true), NF4_SCALE_BLOCK);
  return Float32Array.from({ length: size }, (_, i) => {
    const code = i % 2 === 0 ? codes[i >> 1] >> 4 : codes[i >> 1] & 15;
    return NF4_NUMBERS[code] * f(absmax[Math.floor(i / NF4_BLOCK)] + offset);
  });
}
