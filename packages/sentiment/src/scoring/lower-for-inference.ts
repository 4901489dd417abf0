import type { InferencePrecision } from '@fin/amp';
import { autocast, precisionPolicy, toLowBit, toLowPrecision } from '@fin/amp';
import type { Module } from '@fin/runtime';
import { hasNativeOps } from '@fin/runtime';
import type { TextClassifier } from './score-texts.js';

/** Tables of embeddings and the factors of adapters, by the names of transformers and PEFT: they are not quantized. */
const WIDE = /(^|\.)embeddings\.|\.lora_/;

/**
 * Prepares a classifier for inference in a precision. In `bf16` and `fp16` its matrices are stored in the low dtype, and its forward pass
 * runs under autocast. In `int8` the weights of its linear layers are stored in int8, and their inputs quantized row by row (dynamic
 * quantization); the rest is as in `bf16`, or float32 without native TensorFlow. The change is permanent. In `fp32` the classifier is
 * unchanged.
 *
 * @throws AmpInputError on an unknown precision
 */
export function lowerForInference<M extends TextClassifier & Module>(
  model: M,
  precision: InferencePrecision,
): TextClassifier {
  const int8 = precision === 'int8';
  const policy = precisionPolicy(int8 ? (hasNativeOps() ? 'bf16' : 'fp32') : precision);
  if (!policy.enabled && !int8) return model;
  for (const variable of model.namedParameters().values()) variable.trainable = false;
  if (int8) toLowBit(model, { format: 'int8', activations: 'int8', include: (name) => !WIDE.test(name) });
  if (!policy.enabled) return model;
  toLowPrecision(model, { dtype: policy.dtype });
  return { forward: (batch) => autocast(policy, () => model.forward(batch)) };
}
