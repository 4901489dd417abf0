import type { Module } from '@fin/runtime';
import type * as tf from '@tensorflow/tfjs-core';

/** Settings of {@link loraPlusGroups}. */
export interface LoraPlusOptions {
  /** Learning rate of the A matrices and of the modules trained in full. */
  readonly learningRate: number;
  /** Factor on the learning rate of the B matrices. The paper proposes 16 with a smaller `learningRate`. */
  readonly ratio: number;
  /** Decoupled weight decay; biases and norms have none. @default 0 */
  readonly weightDecay?: number;
}

/** Parameters with the same training settings: a parameter group for an optimizer of `@fin/train`. */
export interface LoraPlusGroup {
  readonly parameters: ReadonlyMap<string, tf.Variable>;
  readonly learningRate: number;
  readonly weightDecay: number;
}

/**
 * Groups the parameters of a model with adapters by LoRA+ (Hayou et al., 2024, arXiv 2402.12354), like PEFT's
 * `create_loraplus_optimizer`: B matrices, magnitudes and all other vectors get `ratio` times the learning rate.
 *
 * @example
 * const optimizer = new AdamW(loraPlusGroups(peft, { learningRate: 2e-4, ratio: 16 }), { learningRate: 2e-4 });
 */
export function loraPlusGroups(
  model: Module,
  { learningRate, ratio, weightDecay = 0 }: LoraPlusOptions,
): LoraPlusGroup[] {
  const trained = [...model.namedParameters()].filter(([, variable]) => variable.trainable);
  const fast = ([name, variable]: [string, tf.Variable]): boolean =>
    name.includes('lora_B') || variable.rank === 1;
  const decays = ([name]: [string, tf.Variable]): boolean => !/bias|LayerNorm/.test(name);
  const groups = [
    { entries: trained.filter((entry) => !fast(entry)), rate: learningRate, decay: weightDecay },
    {
      entries: trained.filter((entry) => fast(entry) && decays(entry)),
      rate: learningRate * ratio,
      decay: weightDecay,
    },
    {
      entries: trained.filter((entry) => fast(entry) && !decays(entry)),
      rate: learningRate * ratio,
      decay: 0,
    },
  ];
  return groups
    .filter(({ entries }) => entries.length > 0)
    .map(({ entries, rate, decay }) => ({
      parameters: new Map(entries),
      learningRate: rate,
      weightDecay: decay,
    }));
}
