import type { Module } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { TrainInputError } from './errors.js';

/** The members of a `tf.LayersModel` that {@link layersModule} uses. */
export interface LayersModel {
  readonly weights: readonly { readonly originalName: string; read(): tf.Tensor }[];
}

/**
 * Wraps a tfjs-layers model as a module, for the optimizer, the training loop and weight files. Parameters have the names of the model's
 * weights, such as `dense_Dense1/kernel`; name your layers yourself if weight files must fit later versions of the model.
 */
export function layersModule(model: LayersModel): Module {
  const parameters = new Map(
    model.weights.map((weight) => {
      const variable = weight.read();
      if (variable instanceof tf.Variable) return [weight.originalName, variable];
      throw new TrainInputError(
        `the weight ${weight.originalName} is not a variable of this tfjs: install one @tensorflow/tfjs-core only`,
      );
    }),
  );
  return { namedParameters: () => parameters };
}
