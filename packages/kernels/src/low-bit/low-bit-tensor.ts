import type { Encoding } from '@fin/runtime';
import { encodedTensor, encodingOf } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { usesFusedOps } from '../state.js';
import { bytesTensor } from './bytes-tensor.js';
import type { LowBitFormat } from './low-bit-matrix.js';
import { decodeMatrix, encodeMatrix, lowBitFormats } from './low-bit-matrix.js';

/** The encoder ops widen such weights panel by panel. Before any other op a whole matrix is widened, for that op alone. */
const encodings = Object.fromEntries(
  lowBitFormats.map((name): [string, Encoding] => [
    name,
    {
      name,
      decodeOp: 'FinLowBitDecode',
      readBy: new Set(['FinEncoder', 'FinEncoderGrad', 'FinPackWeights']),
    },
  ]),
);

/**
 * The matrix in few bits. Where fused ops run, so does its memory; elsewhere its numbers are rounded to those that the codes stand for, and
 * the memory stays.
 *
 * @param matrix float32 [rows, cols]
 * @returns a float32 tensor for tfjs, which the caller owns
 */
export function lowBitTensor(matrix: tf.Tensor, format: LowBitFormat): tf.Tensor2D {
  const shape = matrix.shape as [number, number];
  const bytes = encodeMatrix(matrix.dataSync<'float32'>(), shape, format);
  if (!usesFusedOps()) return tf.tensor2d(decodeMatrix(bytes), shape);
  const native = bytesTensor(bytes);
  try {
    return encodedTensor(native, shape, encodings[format]) as tf.Tensor2D;
  } finally {
    native.dispose();
  }
}

/** The format of a tensor by {@link lowBitTensor}; null for any other, and where its numbers are only rounded. */
export function lowBitFormatOf(tensor: tf.Tensor): LowBitFormat | null {
  return encodingOf(tensor) as LowBitFormat | null;
}
