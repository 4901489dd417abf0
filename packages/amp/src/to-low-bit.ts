import type { LowBitFormat } from '@fin/kernels';
import { dynamicInt8Tensor, lowBitTensor } from '@fin/kernels';
import type { Module } from '@fin/runtime';
import { nativeDType, storedBytes } from '@fin/runtime';
import type * as tf from '@tensorflow/tfjs-core';
import { AmpInputError } from './errors.js';
import type { LowPrecisionReport } from './to-low-precision.js';
import { isCoded } from './to-low-precision.js';

export type { LowBitFormat } from '@fin/kernels';
export { lowBitFormats } from '@fin/kernels';

/** Settings of {@link toLowBit}. */
export interface LowBitOptions {
  /** `nf4`: 4.13 bits for each element, as in QLoRA; `int8`: 8 bits and a scale for each row. */
  readonly format: LowBitFormat;
  /**
   * `int8`: linear layers quantize their input to int8, too, each row with a scale of its own, and multiply in int8. That is dynamic
   * quantization, as `torch.ao.quantization.quantize_dynamic` does it, for inference alone and with the format int8.
   * @default null: activations are multiplied as they are
   */
  readonly activations?: 'int8' | null;
  /**
   * Selects the frozen matrices to store in few bits; trainable ones never are.
   * @default all but tables of embeddings, from which only some rows are read
   */
  readonly include?: (name: string, variable: tf.Variable) => boolean;
}

const FLOAT32_BYTES = 4;

/** A table of embeddings, by the names that transformers gives. */
const EMBEDDINGS = /(^|\.)embeddings\./;

/**
 * Stores a module's frozen matrices in 4 or 8 bits, with the codes of bitsandbytes: NF4 in blocks of 64 whose scales are themselves in 8
 * bits (`bnb_4bit_use_double_quant`), or int8 row by row. The variables stay the same; their values are replaced, and rounded. The encoder op
 * of @fin/kernels widens such weights panel by panel within its products. Before any other op one whole matrix is widened, and freed after
 * it.
 *
 * Without the fused ops of @fin/kernels the values are rounded in the same way, and the memory stays.
 *
 * @throws AmpInputError if activations are to be in int8, but not the weights
 * @see Dettmers et al. 2023, arXiv 2305.14314 (QLoRA); Dettmers et al. 2022, arXiv 2208.07339 (LLM.int8)
 */
export function toLowBit(
  module: Module,
  { format, include, activations = null }: LowBitOptions,
): LowPrecisionReport {
  if (activations !== null && format !== 'int8') {
    throw new AmpInputError(
      `activations is ${activations}, but format is ${format}: activations in int8 need weights in int8.`,
    );
  }
  const chosen = include ?? ((name) => !EMBEDDINGS.test(name));
  const names: string[] = [];
  let [bytesBefore, bytesAfter] = [0, 0];
  for (const [name, variable] of module.namedParameters()) {
    const plain = variable.dtype === 'float32' && nativeDType(variable) === 'float32';
    if (variable.trainable || variable.rank !== 2 || !plain || isCoded(variable)) continue;
    if (!chosen(name, variable)) continue;
    const coded = activations === null ? lowBitTensor(variable, format) : dynamicInt8Tensor(variable);
    try {
      variable.assign(coded);
    } finally {
      coded.dispose();
    }
    names.push(name);
    bytesBefore += variable.size * FLOAT32_BYTES;
    bytesAfter += storedBytes(variable);
  }
  return { names, bytesBefore, bytesAfter };
}
