import type { Module } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { TrainInputError } from './errors.js';

/** The members of a `tf.LayersModel` that {@link layersModule} uses. */
export interface LayersModel {
  readonly weights: readonly { readonly originalName: string; read(): tf.Tensor }[];
  apply(inputs: tf.Tensor | tf.Tensor[], options?: { training?: boolean }): unknown;
}

/** A tfjs-layers model as a module. */
export interface LayersModule extends Module {
  /**
   * The model's output for these inputs, differentiable.
   *
   * @param inputs one tensor, or one per input of the model
   * @param options.training whether layers such as dropout behave as in training. @default false
   * @throws TrainInputError if the model has more than one output
   */
  forward(inputs: tf.Tensor | tf.Tensor[], options?: { readonly training?: boolean }): tf.Tensor;
}

/**
 * Wraps a tfjs-layers model as a module, for the optimizer, the training loop and weight files. Parameters have the names of the model's
 * weights, such as `dense_Dense1/kernel`; name your layers yourself if weight files must fit later versions of the model.
 */
export function layersModule(model: LayersModel): LayersModule {
  const parameters = new Map(
    model.weights.map((weight) => {
      const variable = weight.read();
      if (variable instanceof tf.Variable) return [weight.originalName, variable];
      throw new TrainInputError(
        `the weight ${weight.originalName} is not a variable of this tfjs: install one @tensorflow/tfjs-core only`,
      );
    }),
  );
  return {
    namedParameters: () => parameters,
    forward(inputs, { training = false } = {}) {
      const output = model.apply(inputs, { training });
      if (output instanceof tf.Tensor) return output;
      throw new TrainInputError('forward() is for models with one output: call apply() of the model itself');
    },
  };
}
