import { usesFusedOps } from '@fin/kernels';
import * as tf from '@tensorflow/tfjs-core';
import { TrainInputError } from '../errors.js';
import type { AdamEngine, MakeAdamEngine } from './adam-engine.js';
import type { Moments } from './adam-slot.js';
import { composedAdam } from './adam-slot.js';
import type { AdamWOptions, Entry } from './adam-w-settings.js';
import { entriesOf, resolveAdamW, settingsOf } from './adam-w-settings.js';
import { bucketAdam } from './bucket-adam.js';
import type { Candidate } from './buckets.js';
import { planBuckets } from './buckets.js';
import { fusedAdam } from './fused-adam.js';
import { nativeAdam } from './native-adam.js';
import type { HostTensor, NamedGradients, Optimizer, OptimizerState, ParameterGroup } from './optimizer.js';

const FLOAT32_BYTES = 4;

/**
 * Adam with decoupled weight decay, equal to `torch.optim.AdamW`.
 *
 * The number of ops of a step hardly grows with the number of parameters: with @fin/kernels one op updates all of them, else small parameters
 * of a group are updated together. A parameter without a gradient stays unchanged, including its moments and step count.
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
  readonly #makeEngine: MakeAdamEngine;
  readonly #entries: readonly Entry[];
  /** Parameters that share settings and the number of updates. */
  #buckets: (readonly Entry[])[] = [];
  /** Updates the buckets; null while there are none. */
  #engine: AdamEngine | null = null;
  /** Moments of parameters outside all buckets. */
  readonly #loose = new Map<string, Moments>();

  constructor(groups: readonly ParameterGroup[], options: AdamWOptions = {}) {
    const resolved = resolveAdamW(groups, options);
    this.learningRate = resolved.learningRate;
    this.#betas = resolved.betas;
    this.#eps = resolved.eps;
    this.#groups = resolved.groups;
    if (resolved.fused) this.#makeEngine = usesFusedOps() ? nativeAdam : bucketAdam(fusedAdam);
    else this.#makeEngine = bucketAdam(composedAdam);
    this.#entries = entriesOf(groups);
    this.parameters = new Map(this.#entries.map(({ name, variable }) => [name, variable]));
    this.settings = settingsOf('AdamW', groups, resolved);
  }

  step(
    gradients: NamedGradients,
    learningRate: number = this.learningRate,
    gradientFactor: tf.Scalar | null = null,
  ): void {
    this.#arrange(this.#entries.filter(({ variable }) => gradients[variable.name] !== undefined));
    const [beta1, beta2] = this.#betas;
    const settings = this.#buckets.map(([first]) => ({
      learningRate: (this.#groups[first.group].learningRate * learningRate) / this.learningRate,
      weightDecay: this.#groups[first.group].weightDecay,
      beta1,
      beta2,
      eps: this.#eps,
      step: first.step + 1,
    }));
    const inOrder = this.#buckets.map((entries) => entries.map(({ variable }) => gradients[variable.name]));
    this.#engine?.update(inOrder, settings, gradientFactor);
    for (const entry of this.#buckets.flat()) entry.step++;
  }

  stateBytes(): number {
    const updated = this.#entries.filter(({ step }) => step > 0);
    return updated.reduce((sum, { variable }) => sum + 2 * FLOAT32_BYTES * variable.size, 0);
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
    const arranged = this.#buckets.flat();
    if (arranged.length === present.length && new Set([...arranged, ...present]).size === present.length)
      return;
    for (const [name, { expAvg, expAvgSq }] of this.#liveMoments()) {
      this.#loose.set(name, { expAvg: tf.keep(expAvg), expAvgSq: tf.keep(expAvgSq) });
    }
    this.#freeEngine();
    const buckets = planBuckets(present as Candidate[]).map(({ members }) => members as unknown as Entry[]);
    if (buckets.length === 0) return;
    const fresh = present.filter(({ name }) => !this.#loose.has(name));
    for (const { name, variable } of fresh) this.#loose.set(name, freshMoments(variable));
    this.#engine = this.#makeEngine(
      buckets.map((entries) => ({
        variables: entries.map(({ variable }) => variable),
        moments: entries.map(({ name }) => this.#loose.get(name)!),
      })),
    );
    this.#buckets = buckets;
    for (const { name } of present) this.#forget(name);
  }

  /** Copies of the moments in the engine, by parameter, owned by the caller. */
  #liveMoments(): [string, Moments][] {
    const moments = this.#engine?.moments() ?? [];
    return this.#buckets.flatMap((entries, i) =>
      entries.map(({ name }, k): [string, Moments] => [name, moments[i][k]]),
    );
  }

  #allMoments(): [string, Moments][] {
    const loose = [...this.#loose].map(([name, { expAvg, expAvgSq }]): [string, Moments] => [
      name,
      { expAvg: tf.clone(expAvg), expAvgSq: tf.clone(expAvgSq) },
    ]);
    return [...loose, ...this.#liveMoments()];
  }

  #forget(name: string): void {
    const moments = this.#loose.get(name);
    if (moments) tf.dispose([moments.expAvg, moments.expAvgSq]);
    this.#loose.delete(name);
  }

  #freeEngine(): void {
    this.#engine?.dispose();
    this.#engine = null;
    this.#buckets = [];
  }

  #free(): void {
    this.#freeEngine();
    for (const name of [...this.#loose.keys()]) this.#forget(name);
  }
}

function freshMoments({ shape }: tf.Variable): Moments {
  return { expAvg: tf.keep(tf.zeros(shape)), expAvgSq: tf.keep(tf.zeros(shape)) };
}

async function toHost(tensor: tf.Tensor): Promise<HostTensor> {
  return { shape: tensor.shape, data: (await tensor.data()) as Float32Array };
}
