import type { Module } from '@fin/runtime';
import { attr, hasNativeOps, nativeDType, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { roundToLow } from '../emulation/round-to-low.js';
import type { LowDType } from '../policy/low-dtype.js';

/** Settings of `toLowPrecision`. */
export interface LowPrecisionOptions {
  /** @default 'bfloat16' */
  readonly dtype?: LowDType;
  /**
   * Which parameters to store low, beyond the rule that trainable ones never are.
   * @default those with two dimensions or more; biases and norms weigh nothing
   */
  readonly include?: (name: string, variable: tf.Variable) => boolean;
}

/** What was stored anew. */
export interface LowPrecisionReport {
  /** Names of the parameters now low, as the module gives them. */
  readonly names: readonly string[];
  /** Bytes of these parameters before. */
  readonly bytesBefore: number;
  /** And after. The same where the backend has no low dtypes: values are rounded, memory stays. */
  readonly bytesAfter: number;
}

const FLOAT32_BYTES = 4;
const LOW_BYTES = 2;

/**
 * Stores a module's frozen weights once in a low dtype: half the memory, and no casts in a step. The variables stay the same, only
 * what they hold is replaced. Trainable parameters are left alone: master weights stay float32, or small updates would be lost.
 */
export function toLowPrecision(module: Module, options: LowPrecisionOptions = {}): LowPrecisionReport {
  const { dtype = 'bfloat16', include = (_, variable) => variable.rank >= 2 } = options;
  const names: string[] = [];
  let [bytesBefore, bytesAfter] = [0, 0];
  for (const [name, variable] of module.namedParameters()) {
    const wide = variable.dtype === 'float32' && nativeDType(variable) === 'float32';
    if (variable.trainable || !wide || !include(name, variable)) continue;
    store(variable, dtype);
    names.push(name);
    bytesBefore += variable.size * FLOAT32_BYTES;
    bytesAfter += variable.size * (hasNativeOps() ? LOW_BYTES : FLOAT32_BYTES);
  }
  return { names, bytesBefore, bytesAfter };
}

function store(variable: tf.Variable, dtype: LowDType): void {
  const value = hasNativeOps()
    ? rawOp('Cast', [variable], {
        SrcT: attr.type('float32'),
        DstT: attr.type(dtype),
        Truncate: attr.bool(false),
      })[0]
    : tf.tensor(roundToLow(variable.dataSync() as Float32Array, dtype), variable.shape);
  variable.assign(value);
  value.dispose();
}
