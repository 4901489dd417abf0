import type { Encoding } from '@fin/runtime';
import { attr, encodedTensor, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { expectInput } from '../errors.js';
import { kernelsState, usesFusedOps } from '../state.js';
import { inDType, noTensor, storageDType } from '../storage.js';
import { bytesTensor } from './bytes-tensor.js';
import { LARGEST_CODE } from './int8.js';
import { decodeMatrix, encodeInt8Panels, encodeMatrix } from './low-bit-matrix.js';

/** Before an op that does not multiply in int8 a whole matrix is widened, for that op alone. */
const encoding: Encoding = {
  name: 'int8 panels',
  decodeOp: 'FinLowBitDecode',
  readBy: new Set(['FinEncoder', 'FinPackWeights', 'FinInt8Linear']),
};

/** Rows of smaller numbers count as zeros: {@link LARGEST_CODE} over them would not be finite. */
const LEAST = 2 ** -100;

/** Added and subtracted, it rounds numbers up to 2^22 to integers, ties to even. */
const ROUNDER = 1.5 * 2 ** 23;

/**
 * A weight for dynamic quantization (`torch.ao.quantization.quantize_dynamic`): `linear` and `encoder` quantize their input to int8, row by
 * row, when they multiply by it. The weight itself is in int8 with a scale for each row, an output channel, as in `lowBitTensor`. For
 * inference alone.
 *
 * Where fused ops run, the products are in int8 with exact sums in int32, and the weight takes a quarter of the memory. Elsewhere both
 * factors are rounded to the same numbers, and multiplied in float32.
 *
 * @param matrix float32 [out, in]
 * @returns a float32 tensor for tfjs, which the caller owns; its data stay such a weight when they are assigned to a variable
 * @see Dettmers et al. 2022, arXiv 2208.07339 (LLM.int8), without the decomposition of outliers
 */
export function dynamicInt8Tensor(matrix: tf.Tensor): tf.Tensor2D {
  const shape = matrix.shape as [number, number];
  const values = matrix.dataSync<'float32'>();
  const tensor = usesFusedOps()
    ? nativeTensor(encodeInt8Panels(values, shape), shape)
    : tf.tensor2d(decodeMatrix(encodeMatrix(values, shape, 'int8')), shape);
  kernelsState().dynamicInt8.add(tensor.dataId);
  return tensor;
}

/** Whether a tensor is one by {@link dynamicInt8Tensor}, or a variable that it was assigned to. */
export function isDynamicInt8(tensor: tf.Tensor): boolean {
  return kernelsState().dynamicInt8.has(tensor.dataId);
}

/** @throws KernelInputError while a gradient is being recorded */
export function expectInference(op: string): void {
  expectInput(
    !tf.engine().isTapeOn(),
    () =>
      `${op}: its weights are for dynamic quantization in int8, which is for inference alone. To train, store frozen weights with lowBitTensor`,
  );
}

/**
 * `x weightᵀ + bias` with a weight by {@link dynamicInt8Tensor}.
 *
 * @param x [rows, in]
 * @returns [rows, out], in the dtype of x
 */
export function dynamicInt8Linear(
  x: tf.Tensor2D,
  weight: tf.Variable,
  bias: tf.Variable | null,
): tf.Tensor2D {
  expectInference('linear');
  const dtype = usesFusedOps() ? storageDType([x]) : null;
  if (dtype === null) return composedDynamicInt8Linear(x, weight, bias);
  return tf.tidy(() => {
    const added = bias ? inDType(bias, 'float32') : noTensor('float32');
    return rawOp('FinInt8Linear', [inDType(x, dtype), weight, added], {
      T: attr.type(dtype),
    })[0] as tf.Tensor2D;
  });
}

/** Composed twin of {@link dynamicInt8Linear}: the numbers that the codes stand for, multiplied in float32. */
export function composedDynamicInt8Linear(
  x: tf.Tensor2D,
  weight: tf.Variable,
  bias: tf.Variable | null,
): tf.Tensor2D {
  return tf.tidy(() => {
    const product: tf.Tensor2D = tf.matMul(
      roundRows(inDType(x, 'float32')),
      weight as tf.Tensor2D,
      false,
      true,
    );
    return bias ? tf.add(product, bias) : product;
  });
}

/** Rounds each row to 255 evenly spaced numbers up to its largest magnitude. A row with NaN or infinity becomes NaN. */
function roundRows(x: tf.Tensor2D): tf.Tensor2D {
  // 0 times a finite number is 0, and NaN otherwise.
  const zeros = tf.mul(x, 0);
  const largest = tf.max(tf.abs(x), 1, true); // [rows, 1]
  const scale = tf.mul(largest, tf.cast(tf.greaterEqual(largest, LEAST), 'float32'));
  const codes = tf.sub(tf.add(tf.mul(x, tf.div(LARGEST_CODE, tf.maximum(largest, LEAST))), ROUNDER), ROUNDER);
  return tf.add(tf.mul(codes, tf.div(scale, LARGEST_CODE)), tf.sum(zeros, 1, true));
}

function nativeTensor(bytes: Uint8Array, shape: readonly number[]): tf.Tensor2D {
  const native = bytesTensor(bytes);
  try {
    return encodedTensor(native, shape, encoding) as tf.Tensor2D;
  } finally {
    native.dispose();
  }
}
