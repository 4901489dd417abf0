import type { Policy } from '@fin/amp';
import { autocast, toLowPrecision } from '@fin/amp';
import type { Module } from '@fin/runtime';
import type { TextClassifier } from './score-texts.js';

/**
 * Prepares a classifier for inference in a precision: stores its matrices in the low dtype and runs its forward pass under
 * autocast. The change is permanent. With a disabled policy the classifier is unchanged.
 */
export function lowerForInference<M extends TextClassifier & Module>(
  model: M,
  policy: Policy,
): TextClassifier {
  if (!policy.enabled) return model;
  for (const variable of model.namedParameters().values()) variable.trainable = false;
  toLowPrecision(model, { dtype: policy.dtype });
  return { forward: (batch) => autocast(policy, () => model.forward(batch)) };
}
