import { dynamicMap } from './dynamic-map.js';
import { dequantizeInt8, quantizeInt8 } from './int8.js';
import { toPanels } from './int8-panels.js';
import { dequantizeNf4, NF4_BLOCK, NF4_SCALE_BLOCK, quantizeNf4 } from './nf4.js';

/** Formats of frozen weights in few bits: 4.13 bits for each element in blocks of 64, or 8 and a scale for each row. */
export const lowBitFormats = ['nf4', 'int8'] as const;

export type LowBitFormat = (typeof lowBitFormats)[number];

/** First word of an encoded matrix. */
const MAGIC = 0x5442_4c46;

/** Bytes of the header, and what each section is filled up to. */
const ALIGNMENT = 64;

/**
 * A matrix in one piece of memory, as the native ops read it (`low-bit.h`):
 *
 * ```
 * header        magic, format (1 NF4, 2 int8, 3 int8 panels), rows, cols as int32; offset of NF4's scales as float32
 * NF4           codes, codes of the scales, scales of the scales, map of the scales
 * int8          codes, scales of the rows
 * int8 panels   codes, scales of the rows, 128 times the sums of the rows
 * ```
 */
export function encodeMatrix(
  values: Float32Array,
  [rows, cols]: readonly [rows: number, cols: number],
  format: LowBitFormat,
): Uint8Array {
  const header = headerOf(1 + lowBitFormats.indexOf(format), rows, cols);
  if (format === 'int8') {
    const { codes, absmax } = quantizeInt8(values, rows);
    return join([header, codes, absmax]);
  }
  const { codes, scales, offset } = quantizeNf4(values);
  new Float32Array(header.buffer)[4] = offset;
  return join([header, codes, scales.codes, scales.absmax, dynamicMap(true)]);
}

/** The matrix in int8 for products with activations in int8, with the codes and scales of int8. */
export function encodeInt8Panels(
  values: Float32Array,
  [rows, cols]: readonly [rows: number, cols: number],
): Uint8Array {
  const { codes, absmax, surplus } = toPanels(quantizeInt8(values, rows), cols);
  return join([headerOf(1 + lowBitFormats.length, rows, cols), codes, absmax, surplus]);
}

function headerOf(format: number, rows: number, cols: number): Int32Array {
  const header = new Int32Array(ALIGNMENT / 4);
  header.set([MAGIC, format, rows, cols]);
  return header;
}

/** The numbers of a matrix that {@link encodeMatrix} made. */
export function decodeMatrix(bytes: Uint8Array): Float32Array {
  const header = bytes.slice(0, ALIGNMENT);
  const [, format, rows, cols] = new Int32Array(header.buffer);
  const size = rows * cols;
  let at = ALIGNMENT;
  const section = (length: number) => {
    const part = bytes.slice(at, at + length);
    at += filled(length);
    return part;
  };
  if (lowBitFormats[format - 1] === 'int8') {
    const codes = new Int8Array(section(size).buffer);
    return dequantizeInt8({ codes, absmax: new Float32Array(section(4 * rows).buffer) });
  }
  const blocks = Math.ceil(size / NF4_BLOCK);
  const codes = section(Math.ceil(size / 2));
  const scaleCodes = section(blocks);
  const absmax = new Float32Array(section(4 * Math.ceil(blocks / NF4_SCALE_BLOCK)).buffer);
  const offset = new Float32Array(header.buffer)[4];
  return dequantizeNf4({ codes, scales: { codes: scaleCodes, absmax }, offset }, size);
}

function join(sections: readonly (Int32Array | Uint8Array | Int8Array | Float32Array)[]): Uint8Array {
  const bytes = new Uint8Array(sections.reduce((sum, { byteLength }) => sum + filled(byteLength), 0));
  let at = 0;
  for (const { buffer, byteOffset, byteLength } of sections) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += filled(byteLength);
  }
  return bytes;
}

const filled = (length: number): number => Math.ceil(length / ALIGNMENT) * ALIGNMENT;
