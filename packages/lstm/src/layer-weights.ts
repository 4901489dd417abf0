import type { RandomStream } from '@fin/runtime';
import { parameter } from '@fin/runtime';
import type * as tf from '@tensorflow/tfjs-core';
import type { LayerWeights } from './layer.js';

/** The variables of one layer, by their PyTorch names without the layer's suffix. */
export interface LayerVariables extends LayerWeights {
  readonly inputKernel: tf.Variable<tf.Rank.R2>;
  readonly recurrentKernel: tf.Variable<tf.Rank.R2>;
  readonly inputBias: tf.Variable<tf.Rank.R1>;
  readonly recurrentBias: tf.Variable<tf.Rank.R1>;
}

/** Fresh weights as `torch.nn.LSTM` draws them: all uniform within ± 1 / sqrt(hidden), biases included. */
export function makeLayerVariables(
  layer: number,
  inputSize: number,
  hiddenSize: number,
  init: RandomStream,
): LayerVariables {
  const bound = 1 / Math.sqrt(hiddenSize);
  const draw = (name: string, shape: number[]) =>
    parameter(`${name}_l${layer}`, init.uniform(shape, -bound, bound));
  const gates = 4 * hiddenSize;
  return {
    inputKernel: draw('weight_ih', [gates, inputSize]) as tf.Variable<tf.Rank.R2>,
    recurrentKernel: draw('weight_hh', [gates, hiddenSize]) as tf.Variable<tf.Rank.R2>,
    inputBias: draw('bias_ih', [gates]) as tf.Variable<tf.Rank.R1>,
    recurrentBias: draw('bias_hh', [gates]) as tf.Variable<tf.Rank.R1>,
  };
}
