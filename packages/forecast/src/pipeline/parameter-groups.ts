import type { ParameterGroup } from '@fin/train';
import type * as tf from '@tensorflow/tfjs-core';
import type { PriceTextForecaster } from '../model/price-text-forecaster.js';
import type { ForecasterSettings } from '../model/settings.js';

/** Prefix of the text side's parameters in the model. */
const TEXT = 'text.';

/**
 * Groups a forecaster's trainable parameters for the optimizer by learning rate: the encoder, its head, and the rest. Within each,
 * matrices decay; biases, norms and other vectors do not.
 */
export function parameterGroups(
  model: PriceTextForecaster,
  settings: Pick<
    ForecasterSettings,
    'learningRate' | 'textLearningRate' | 'headLearningRate' | 'weightDecay'
  >,
): ParameterGroup[] {
  const { learningRate, textLearningRate, headLearningRate, weightDecay } = settings;
  const rates = { encoder: textLearningRate, head: headLearningRate, aggregate: learningRate };
  const rateOf = (name: string) =>
    name.startsWith(TEXT) ? rates[model.text!.partOf(name.slice(TEXT.length))] : learningRate;
  const trainable = [...model.namedParameters()].filter(([, variable]) => variable.trainable);
  const decays = trainable.filter(([, { rank }]) => rank > 1);
  const others = trainable.filter(([, { rank }]) => rank <= 1);
  return [...byRate(decays, rateOf, weightDecay), ...byRate(others, rateOf, 0)];
}

function byRate(
  entries: readonly (readonly [string, tf.Variable])[],
  rateOf: (name: string) => number,
  weightDecay: number,
): ParameterGroup[] {
  const rates = [...new Set(entries.map(([name]) => rateOf(name)))];
  return rates.map((learningRate) => ({
    parameters: new Map(entries.filter(([name]) => rateOf(name) === learningRate)),
    learningRate,
    weightDecay,
  }));
}
