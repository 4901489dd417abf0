import { isDynamicInt8 } from '@fin/kernels';
import type { Module } from '@fin/runtime';
import { castAttrs, encodingOf, hasNativeOps, nativeDType, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { LowDType } from './core/low-dtype.js';
import { roundToLow } from './emulation/round-to-low.js';

/** Settings of `toLowPrecision`. */
export interface LowPrecisionOptions {
  /** Dtype to store the frozen parameters in. @default 'bfloat16' */
  readonly dtype?: LowDType;
  /**
   * Selects the frozen parameters to store low; trainable ones never are.
   * @default those with two or more dimensions; biases and norms take little memory
   */
  readonly include?: (name: string, variable: tf.Variable) => boolean;
}

/** Result of {@link toLowPrecision}. */
export interface LowPrecisionReport {
  /** Names of the parameters that are stored low. */
  readonly names: readonly string[];
  /** Bytes of these parameters before. */
  readonly bytesBefore: number;
  /** Bytes after. On a backend without low dtypes they are the same: values are rounded, memory stays. */
  readonly bytesAfter: number;
}

const FLOAT32_BYTES = 4;
const LOW_BYTES = 2;

/**
 * Stores a module's frozen weights in a low dtype: half the memory, and no casts during training. The variables stay the same; their
 * values are replaced. Trainable parameters stay float32, or small updates would be lost.
 */
export function toLowPrecision(module: Module, options: LowPrecisionOptions = {}): LowPrecisionReport {
  const { dtype = 'bfloat16', include = (_, variable) => variable.rank >= 2 } = options;
  const names: string[] = [];
  let [bytesBefore, bytesAfter] = [0, 0];
  for (const [name, variable] of module.namedParameters()) {
    const wide = variable.dtype === 'float32' && nativeDType(variable) === 'float32';
    if (variable.trainable || !wide || isCoded(variable) || !include(name, variable)) continue;
    store(variable, dtype);
    names.push(name);
    bytesBefore += variable.size * FLOAT32_BYTES;
    bytesAfter += variable.size * (hasNativeOps() ? LOW_BYTES : FLOAT32_BYTES);
  }
  return { names, bytesBefore, bytesAfter };
}

function store(variable: tf.Variable, dtype: LowDType): void {
  const value = hasNativeOps()
    ? rawOp('Cast', [variable], castAttrs('float32', dtype))[0]
    : tf.tensor(roundToLow(variable.dataSync() as Float32Array, dtype), variable.shape);
  try {
    variable.assign(value);
  } finally {
    value.dispose();
  }
}

/** Whether a variable's numbers are codes of few bits, or stand for such codes. */
export const isCoded = (variable: tf.Variable): boolean =>
  encodingOf(variable) !== null || isDynamicInt8(variable);
