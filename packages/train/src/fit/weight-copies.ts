import type { Module } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { HostTensor } from '../optimizer/optimizer.js';
import type { Range } from '../ranges.js';
import { requireInRange } from '../ranges.js';

/** A copy of a module's parameters. Keeping one copies no data, since updates replace tensors and never overwrite them. */
export class BestWeights {
  readonly #variables: readonly tf.Variable[];
  #copies = new Map<tf.Variable, tf.Tensor>();

  constructor(module: Module) {
    this.#variables = [...module.namedParameters().values()];
  }

  /** Keeps the current parameters, in place of the ones kept before. */
  keep(): void {
    this.dispose();
    for (const variable of this.#variables) this.#copies.set(variable, tf.keep(tf.clone(variable)));
  }

  /** Restores the kept parameters, if any. */
  restore(): void {
    for (const [variable, copy] of this.#copies) variable.assign(copy);
  }

  dispose(): void {
    tf.dispose([...this.#copies.values()]);
    this.#copies = new Map();
  }
}

const DECAY: Range = { rule: 'from 0 to below 1', holds: (value) => value >= 0 && value < 1 };

/**
 * Exponential moving average of the trained parameters, like `torch.optim.swa_utils.AveragedModel` with `get_ema_multi_avg_fn`: a copy after
 * the first update, then `average += (1 - decay) (weights - average)` after each.
 */
export class WeightAverage {
  readonly #parameters: ReadonlyMap<string, tf.Variable>;
  readonly #decay: number;
  #averages = new Map<string, tf.Tensor>();

  /** @param decay share of the old average that each update keeps, such as 0.999 */
  constructor(parameters: ReadonlyMap<string, tf.Variable>, decay: number) {
    this.#parameters = parameters;
    this.#decay = requireInRange('averageDecay', decay, DECAY);
  }

  /** Updates the average with the current weights. */
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

  /** Exchanges weights and averages; a second call undoes it. Does nothing before the first update. */
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

  /** Restores a result of {@link read}. */
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
