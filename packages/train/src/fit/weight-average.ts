import * as tf from '@tensorflow/tfjs-core';
import { TrainInputError } from '../errors.js';
import type { HostTensor } from '../optimizer/optimizer.js';

/**
 * Exponential moving average of the trained parameters, as `torch.optim.swa_utils.AveragedModel` with `get_ema_multi_avg_fn` keeps
 * it: after the first update a copy, then `average += (1 - decay) (weights - average)` after each.
 */
export class WeightAverage {
  readonly #parameters: ReadonlyMap<string, tf.Variable>;
  readonly #decay: number;
  #averages = new Map<string, tf.Tensor>();

  /** @param decay near 1, such as 0.999: the part of the average that stays */
  constructor(parameters: ReadonlyMap<string, tf.Variable>, decay: number) {
    if (!(decay >= 0 && decay < 1))
      throw new TrainInputError(`averageDecay is ${decay}; it must lie in [0, 1)`);
    this.#parameters = parameters;
    this.#decay = decay;
  }

  /** Takes in the weights as they are now. */
  update(): void {
    for (const [name, variable] of this.#parameters) {
      const average = this.#averages.get(name);
      const next = tf.tidy(() =>
        average ? tf.add(average, tf.mul(tf.sub(variable, average), 1 - this.#decay)) : tf.clone(variable),
      );
      average?.dispose();
      this.#averages.set(name, tf.keep(next));
    }
  }

  /** Exchanges weights and averages; twice, and everything is as it was. Nothing before the first update. */
  swap(): void {
    for (const [name, average] of this.#averages) {
      const variable = this.#parameters.get(name)!;
      const weights = tf.keep(tf.clone(variable));
      variable.assign(average);
      average.dispose();
      this.#averages.set(name, weights);
    }
  }

  /** Reads the averages from the device. */
  async read(): Promise<Map<string, HostTensor>> {
    const tensors = new Map<string, HostTensor>();
    for (const [name, average] of this.#averages) {
      tensors.set(name, { shape: average.shape, data: (await average.data()) as Float32Array });
    }
    return tensors;
  }

  /** Puts back what {@link read} returned. */
  restore(tensors: ReadonlyMap<string, HostTensor>): void {
    this.dispose();
    for (const [name, { shape, data }] of tensors) {
      this.#averages.set(name, tf.keep(tf.tensor(data, [...shape], 'float32')));
    }
  }

  dispose(): void {
    tf.dispose([...this.#averages.values()]);
    this.#averages = new Map();
  }
}
