import type { Module } from '@fin/runtime';
import type { ParameterGroup } from '@fin/train';
import type * as tf from '@tensorflow/tfjs-core';
import { parameterDepth } from './parameter-depth.js';
import type { TuningSettings } from './settings.js';

/**
 * Groups a model's trainable parameters for the optimizer, by depth and by weight decay.
 *
 * Learning rates are discriminative, as in finBERT: the full rate for pooler and head, rate / f^(L − i) for layer i of L (the top
 * layer, L − 1, has rate / f), and rate / f^(L + 1) for the embeddings. Biases and norms do not decay.
 */
export function layerRateGroups(
  module: Module,
  layers: number,
  {
    learningRate,
    layerDecay,
    weightDecay,
  }: Pick<TuningSettings, 'learningRate' | 'layerDecay' | 'weightDecay'>,
): ParameterGroup[] {
  const groups = new Map<string, ParameterGroup & { readonly parameters: Map<string, tf.Variable> }>();
  for (const [name, variable] of module.namedParameters()) {
    if (!variable.trainable) continue;
    const depth = layerDecay === 1 ? 0 : parameterDepth(name, layers);
    const decay = variable.rank > 1 ? weightDecay : 0;
    const key = `${depth}/${decay}`;
    const group = groups.get(key) ?? {
      parameters: new Map<string, tf.Variable>(),
      learningRate: learningRate / layerDecay ** depth,
      weightDecay: decay,
    };
    group.parameters.set(name, variable);
    groups.set(key, group);
  }
  return [...groups.values()];
}
