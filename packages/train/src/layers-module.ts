import type { Module } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { TrainInputError } from './errors.js';

/** The part of a `tf.LayersModel` that {@link layersModule} needs. */
export interface LayersModel {
  readonly weights: readonly { readonly originalName: string; read(): tf.Tensor }[];
}

/**
 * A tfjs-layers model as a module, for the optimizer, the loop and the weight files. Names are the weights' own, such as
 * `dense_Dense1/kernel`; give layers names of yours if files are to outlive changes of the model.
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
