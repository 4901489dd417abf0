import type { Module } from '@fin/runtime';
import type * as tf from '@tensorflow/tfjs-core';
import type { ParameterGroup } from './parameter-group.js';

/**
 * Splits a module's trainable parameters in two groups: matrices (and whatever has more dimensions), which decay, and biases,
 * normalisation weights and other vectors, which do not.
 */
export function decayGroups(module: Module, weightDecay: number): ParameterGroup[] {
  const trainable = [...module.namedParameters()].filter(([, variable]) => variable.trainable);
  const decays = ([, variable]: [string, tf.Variable]) => variable.rank > 1;
  return [
    { parameters: new Map(trainable.filter(decays)), weightDecay },
    { parameters: new Map(trainable.filter((entry) => !decays(entry))), weightDecay: 0 },
  ].filter(({ parameters }) => parameters.size > 0);
}
