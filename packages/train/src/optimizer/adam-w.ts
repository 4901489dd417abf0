import { hasNativeOps } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { TrainInputError } from '../errors.js';
import type { Range } from '../ranges.js';
import { above, between, LEARNING_RATE_LIMIT, requireInRange } from '../ranges.js';
import type { AdamSlot, MakeAdamSlot, Moments } from './adam-slot.js';
import { composedAdam } from './adam-slot.js';
import type { Bucket, Candidate } from './buckets.js';
import { packTensors, planBuckets, unpackTensor } from './buckets.js';
import { fusedAdam } from './fused-adam.js';
import type {
  HostTensor,
  NamedGradients,
  Optimizer,
  OptimizerState,
  PackedGradients,
  ParameterGroup,
} from './optimizer.js';

/** Settings of {@link AdamW}, with `torch.optim.AdamW`'s names and defaults. */
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
   * `fused`: TensorFlow's own Adam op; `composed`: ordinary tfjs ops, the same results, slower.
   * @default fused on native TensorFlow, composed elsewhere
   */
  readonly implementation?: 'fused' | 'composed';
}

const BETA: Range = { rule: 'from 0 to below 1', holds: (value) => value >= 0 && value < 1 };
const WEIGHT_DECAY: Range = between(0, 10);

/** A parameter with its group and its number of updates. */
interface Entry {
  readonly name: string;
  readonly variable: tf.Variable;
  readonly group: number;
  step: number;
}

/** Parameters updated together, with their moments and, if there are several, their concatenated weights. */
interface LiveBucket {
  readonly entries: readonly Entry[];
  readonly group: number;
  readonly slot: AdamSlot;
  /** The members' weights in one vector, and the data ids of the variables at that time; null for a single member. */
  weights: { readonly packed: tf.Tensor; readonly of: readonly object[] } | null;
}

/**
 * Adam with decoupled weight decay, equal to `torch.optim.AdamW`.
 *
 * Small parameters of a group are concatenated and updated together, large ones on their own, so that the number of ops of a step hardly
 * grows with the number of parameters. A parameter without a gradient stays unchanged, including its moments and step count.
 *
 * @see Loshchilov & Hutter 2019, arXiv 1711.05101
 */
export class AdamW implements Optimizer {
  readonly learningRate: number;
  readonly parameters: ReadonlyMap<string, tf.Variable>;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly #groups: readonly { readonly learningRate: number; readonly weightDecay: number }[];
  readonly #betas: readonly [number, number];
  readonly #eps: number;
  readonly #makeSlot: MakeAdamSlot;
  readonly #entries: readonly Entry[];
  #buckets: LiveBucket[] = [];
  /** Moments of parameters outside all buckets. */
  readonly #loose = new Map<string, Moments>();

  constructor(groups: readonly ParameterGroup[], options: AdamWOptions = {}) {
    const { learningRate = 1e-3, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0.01 } = options;
    this.learningRate = requireInRange('learningRate', learningRate, above(0, LEARNING_RATE_LIMIT));
    if (betas.length !== 2) throw new TrainInputError(`betas has ${betas.length} values; it must have 2`);
    for (const [index, beta] of betas.entries()) requireInRange(`betas[${index}]`, beta, BETA);
    this.#betas = betas;
    this.#eps = requireInRange('eps', eps, between(0, 1));
    this.#groups = groups.map((group, index) => ({
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
    }));
    const fused = (options.implementation ?? (hasNativeOps() ? 'fused' : 'composed')) === 'fused';
    this.#makeSlot = fused ? fusedAdam : composedAdam;
    this.#entries = groups.flatMap(({ parameters }, group) =>
      [...parameters].map(([name, variable]) => ({ name, variable, group, step: 0 })),
    );
    this.parameters = new Map(this.#entries.map(({ name, variable }) => [name, variable]));
    this.settings = { kind: 'AdamW', learningRate, betas, eps, groups: describeGroups(groups, this.#groups) };
    if (this.#entries.length === 0)
      throw new TrainInputError('there is nothing to train: the groups hold no parameter');
    if (new Set(this.#entries.map(({ variable }) => variable)).size < this.#entries.length) {
      throw new TrainInputError('a parameter is in more than one group');
    }
    if (this.parameters.size < this.#entries.length) {
      throw new TrainInputError('two parameters of different groups have the same name');
    }
  }

  /** One update. @param learningRate replaces the optimizer's; groups with their own rate change in proportion */
  step(gradients: NamedGradients, learningRate: number = this.learningRate): void {
    const packed = this.pack(gradients);
    try {
      this.apply(packed, learningRate);
    } finally {
      tf.dispose(packed as tf.Tensor[]);
    }
  }

  pack(gradients: NamedGradients): PackedGradients {
    const present = this.#entries.filter(({ variable }) => gradients[variable.name] !== undefined);
    this.#arrange(present);
    return tf.tidy(() =>
      this.#buckets.map(({ entries }) =>
        packTensors(entries.map(({ variable }) => gradients[variable.name])),
      ),
    );
  }

  nonFinite(packed: PackedGradients): string[] {
    return this.#buckets.flatMap(({ entries }, index) => {
      const parts = unpackTensor(
        packed[index],
        entries.map(({ variable }) => variable.shape),
      );
      try {
        const finite = parts.map((part) => tf.tidy(() => tf.all(tf.isFinite(part)).dataSync())[0] === 1);
        return entries.flatMap(({ name }, i) => (finite[i] ? [] : [name]));
      } finally {
        tf.dispose(parts);
      }
    });
  }

  apply(packed: PackedGradients, learningRate: number = this.learningRate): void {
    const [beta1, beta2] = this.#betas;
    this.#buckets.forEach((bucket, index) => {
      const group = this.#groups[bucket.group];
      const step = bucket.entries[0].step + 1;
      const settings = {
        learningRate: (group.learningRate * learningRate) / this.learningRate,
        weightDecay: group.weightDecay,
        beta1,
        beta2,
        eps: this.#eps,
        step,
      };
      const weights = currentWeights(bucket);
      store(bucket, bucket.slot.update(weights, packed[index], settings));
      for (const entry of bucket.entries) entry.step = step;
    });
  }

  async readState(): Promise<OptimizerState> {
    const counters: Record<string, number> = {};
    const tensors = new Map<string, HostTensor>();
    for (const { name, step } of this.#entries) counters[`step.${name}`] = step;
    const moments = this.#allMoments();
    try {
      for (const [name, { expAvg, expAvgSq }] of moments) {
        tensors.set(`exp_avg.${name}`, await toHost(expAvg));
        tensors.set(`exp_avg_sq.${name}`, await toHost(expAvgSq));
      }
    } finally {
      tf.dispose(moments.flatMap(([, { expAvg, expAvgSq }]) => [expAvg, expAvgSq]));
    }
    return { counters, tensors };
  }

  restoreState({ counters, tensors }: OptimizerState): void {
    for (const { name, variable } of this.#entries) {
      const step = counters[`step.${name}`];
      if (step === undefined)
        throw new TrainInputError(`the saved optimizer state lacks the parameter "${name}"`);
      for (const kind of step > 0 ? ['exp_avg', 'exp_avg_sq'] : []) {
        const saved = tensors.get(`${kind}.${name}`);
        if (saved && tf.util.arraysEqual([...saved.shape], variable.shape)) continue;
        const found = saved ? `has the shape [${saved.shape}]` : 'is missing';
        throw new TrainInputError(
          `the saved optimizer state does not fit: ${kind}.${name} ${found}, not [${variable.shape}]`,
        );
      }
    }
    this.#free();
    const tensor = (name: string) => {
      const { data, shape } = tensors.get(name)!;
      return tf.keep(tf.tensor(data, [...shape], 'float32'));
    };
    for (const entry of this.#entries) {
      entry.step = counters[`step.${entry.name}`];
      if (entry.step === 0) continue;
      this.#loose.set(entry.name, {
        expAvg: tensor(`exp_avg.${entry.name}`),
        expAvgSq: tensor(`exp_avg_sq.${entry.name}`),
      });
    }
  }

  /** Frees the moments; the parameters are not freed. */
  dispose(): void {
    this.#free();
  }

  /** Puts exactly these parameters into buckets. */
  #arrange(present: readonly Entry[]): void {
    const arranged = this.#buckets.flatMap(({ entries }) => entries);
    if (arranged.length === present.length && new Set([...arranged, ...present]).size === present.length)
      return;
    for (const bucket of this.#buckets) this.#dissolve(bucket);
    this.#buckets = planBuckets(present as Candidate[]).map((bucket) => this.#assemble(bucket));
  }

  #assemble({ members, group }: Bucket): LiveBucket {
    const entries = members as readonly Candidate[] as readonly Entry[];
    const packed = tf.tidy(() => {
      const moments = entries.map(({ name, variable }) => this.#loose.get(name) ?? freshMoments(variable));
      return {
        expAvg: packTensors(moments.map(({ expAvg }) => expAvg)),
        expAvgSq: packTensors(moments.map(({ expAvgSq }) => expAvgSq)),
      };
    });
    let slot: AdamSlot;
    try {
      slot = this.#makeSlot(packed);
    } finally {
      tf.dispose(packed);
    }
    for (const { name } of entries) this.#forget(name);
    return { entries, group, slot, weights: null };
  }

  #dissolve(bucket: LiveBucket): void {
    for (const [name, { expAvg, expAvgSq }] of bucketMoments(bucket)) {
      this.#loose.set(name, { expAvg: tf.keep(expAvg), expAvgSq: tf.keep(expAvgSq) });
    }
    freeBucket(bucket);
  }

  #allMoments(): [string, Moments][] {
    const loose = [...this.#loose].map(([name, { expAvg, expAvgSq }]): [string, Moments] => [
      name,
      { expAvg: tf.clone(expAvg), expAvgSq: tf.clone(expAvgSq) },
    ]);
    return [...loose, ...this.#buckets.flatMap(bucketMoments)];
  }

  #forget(name: string): void {
    const moments = this.#loose.get(name);
    if (moments) tf.dispose([moments.expAvg, moments.expAvgSq]);
    this.#loose.delete(name);
  }

  #free(): void {
    this.#buckets.forEach(freeBucket);
    this.#buckets = [];
    for (const name of [...this.#loose.keys()]) this.#forget(name);
  }
}

/**
 * The members' weights, concatenated for the slot. They are concatenated again only after other code has assigned to one of the
 * variables.
 */
function currentWeights(bucket: LiveBucket): tf.Tensor {
  const { entries, weights } = bucket;
  if (entries.length === 1) return entries[0].variable;
  if (weights && entries.every(({ variable }, i) => variable.dataId === weights.of[i])) return weights.packed;
  weights?.packed.dispose();
  const packed = tf.keep(packTensors(entries.map(({ variable }) => variable)));
  bucket.weights = { packed, of: [] };
  return packed;
}

/** Assigns updated weights to the members. Takes ownership of the tensor. */
function store(bucket: LiveBucket, updated: tf.Tensor): void {
  const { entries } = bucket;
  try {
    tf.tidy(() => {
      const shapes = entries.map(({ variable }) => variable.shape);
      const parts = unpackTensor(updated, shapes);
      entries.forEach(({ variable }, i) => {
        variable.assign(parts[i]);
      });
    });
  } catch (error) {
    updated.dispose();
    throw error;
  }
  if (entries.length === 1) {
    updated.dispose();
    return;
  }
  bucket.weights?.packed.dispose();
  bucket.weights = { packed: tf.keep(updated), of: entries.map(({ variable }) => variable.dataId) };
}

/** Copies of each member's moments, owned by the caller. */
function bucketMoments({ entries, slot }: LiveBucket): [string, Moments][] {
  const shapes = entries.map(({ variable }) => variable.shape);
  const { expAvg, expAvgSq } = slot.moments();
  const firsts = unpackTensor(expAvg, shapes);
  const seconds = unpackTensor(expAvgSq, shapes);
  tf.dispose([expAvg, expAvgSq]);
  return entries.map(({ name }, i) => [name, { expAvg: firsts[i], expAvgSq: seconds[i] }]);
}

function freeBucket({ slot, weights }: LiveBucket): void {
  slot.dispose();
  weights?.packed.dispose();
}

function freshMoments({ shape }: tf.Variable): Moments {
  return { expAvg: tf.zeros(shape), expAvgSq: tf.zeros(shape) };
}

function describeGroups(
  groups: readonly ParameterGroup[],
  rates: readonly { readonly learningRate: number; readonly weightDecay: number }[],
): unknown[] {
  return groups.map(({ parameters }, i) => ({ ...rates[i], parameters: [...parameters.keys()] }));
}

async function toHost(tensor: tf.Tensor): Promise<HostTensor> {
  return { shape: tensor.shape, data: (await tensor.data()) as Float32Array };
}
