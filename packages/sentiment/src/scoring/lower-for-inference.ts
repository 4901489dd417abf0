import type { Policy } from '@fin/amp';
import { autocast, toLowPrecision } from '@fin/amp';
import type { Module } from '@fin/runtime';
import type { TextClassifier } from './score-texts.js';

/**
 * A classifier that will not be trained any more, in the precision of a policy: its matrices are stored low, for good, and its
 * forward pass runs under autocast. Under a policy that is off it stays as it is.
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
