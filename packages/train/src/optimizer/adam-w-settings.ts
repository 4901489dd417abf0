import { hasNativeOps } from '@fin/runtime';
import type * as tf from '@tensorflow/tfjs-core';
import { TrainInputError } from '../errors.js';
import type { Range } from '../ranges.js';
import { above, between, LEARNING_RATE_LIMIT, requireInRange } from '../ranges.js';
import type { ParameterGroup } from './optimizer.js';

/** Settings of `AdamW` and `AdamW8bit`, with `torch.optim.AdamW`'s names and defaults. */
export interface AdamWOptions {
  /** Above 0, at most 10. @default 1e-3 */
  readonly learningRate?: number;
  /** Decay rates of the running means of the gradient and of its square; each from 0 to below 1. @default [0.9, 0.999] */
  readonly betas?: readonly [number, number];
  /** Added to the denominator; from 0 to 1. @default 1e-8 */
  readonly eps?: number;
  /** Decoupled weight decay of groups without their own; from 0 to 10. @default 0.01 */
  readonly weightDecay?: number;
  /**
   * `fused`: one op of @fin/kernels if its `loadKernels` has loaded them, else (with moments in float32) TensorFlow's own Adam op for each
   * group of parameters, with the same bits; `composed`: ordinary tfjs ops (moments in 8 bits: TypeScript), the same results but for
   * rounding, slower.
   * @default fused on native TensorFlow, composed elsewhere
   */
  readonly implementation?: 'fused' | 'composed';
}

/** The options, checked, with the defaults. */
export interface ResolvedAdamW {
  readonly learningRate: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly groups: readonly { readonly learningRate: number; readonly weightDecay: number }[];
  readonly fused: boolean;
}

/** A parameter with its group and its number of updates. */
export interface Entry {
  readonly name: string;
  readonly variable: tf.Variable;
  readonly group: number;
  step: number;
}

const BETA: Range = { rule: 'from 0 to below 1', holds: (value) => value >= 0 && value < 1 };
const WEIGHT_DECAY: Range = between(0, 10);

/** @throws {TrainInputError} naming the setting that is out of range */
export function resolveAdamW(groups: readonly ParameterGroup[], options: AdamWOptions): ResolvedAdamW {
  const { learningRate = 1e-3, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0.01 } = options;
  requireInRange('learningRate', learningRate, above(0, LEARNING_RATE_LIMIT));
  if (betas.length !== 2) throw new TrainInputError(`betas has ${betas.length} values; it must have 2`);
  for (const [index, beta] of betas.entries()) requireInRange(`betas[${index}]`, beta, BETA);
  return {
    learningRate,
    betas,
    eps: requireInRange('eps', eps, between(0, 1)),
    groups: groups.map((group, index) => ({
      learningRate: requireInRange(
        `learningRate of group ${index}`,
        group.learningRate ?? learningRate,
        between(0, LEARNING_RATE_LIMIT),
      ),
      weightDecay: requireInRange(
        group.weightDecay === undefined ? 'weightDecay' : `weightDecay of group ${index}`,
        group.weightDecay ?? weightDecay,
        WEIGHT_DECAY,
      ),
    })),
    fused: (options.implementation ?? (hasNativeOps() ? 'fused' : 'composed')) === 'fused',
  };
}

/** The parameters of all groups. @throws {TrainInputError} if there are none, or one is in two groups, or two share a name */
export function entriesOf(groups: readonly ParameterGroup[]): Entry[] {
  const entries = groups.flatMap(({ parameters }, group) =>
    [...parameters].map(([name, variable]) => ({ name, variable, group, step: 0 })),
  );
  if (entries.length === 0)
    throw new TrainInputError('there is nothing to train: the groups hold no parameter');
  if (new Set(entries.map(({ variable }) => variable)).size < entries.length) {
    throw new TrainInputError('a parameter is in more than one group');
  }
  if (new Set(entries.map(({ name }) => name)).size < entries.length) {
    throw new TrainInputError('two parameters of different groups have the same name');
  }
  return entries;
}

/** All settings that affect updates, as plain data. */
export function settingsOf(
  kind: string,
  groups: readonly ParameterGroup[],
  { learningRate, betas, eps, groups: rates }: ResolvedAdamW,
): Record<string, unknown> {
  const described = groups.map(({ parameters }, i) => ({ ...rates[i], parameters: [...parameters.keys()] }));
  return { kind, learningRate, betas, eps, groups: described };
}
