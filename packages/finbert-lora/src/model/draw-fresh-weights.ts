import type { Module, RandomStream } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';

/** Puts fresh values into linear layers that no checkpoint filled: weights of N(0, std), biases 0, as transformers does. */
export function drawFreshWeights(
  model: Module,
  names: readonly string[],
  { init, std }: { readonly init: RandomStream; readonly std: number },
): void {
  const parameters = model.namedParameters();
  for (const name of names) {
    const variable = parameters.get(name)!;
    const value = name.endsWith('.bias') ? tf.zeros(variable.shape) : init.normal(variable.shape, 0, std);
    variable.assign(value);
    value.dispose();
  }
}
