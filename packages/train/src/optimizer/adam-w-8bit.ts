import type { AdamW8bitState, AdamWSettings, Moments8bit } from '@fin/kernels';
import { adamW8bit, composed, MOMENT_BLOCK } from '@fin/kernels';
import type * as tf from '@tensorflow/tfjs-core';
import { TrainInputError } from '../errors.js';
import { AdamW } from './adam-w.js';
import type { AdamWOptions, Entry, ResolvedAdamW } from './adam-w-settings.js';
import { entriesOf, resolveAdamW, settingsOf } from './adam-w-settings.js';
import type { HostTensor, NamedGradients, Optimizer, OptimizerState, ParameterGroup } from './optimizer.js';

/** Smaller tensors keep moments in float32: they take little memory. The bound is that of bitsandbytes. */
const MIN_8BIT_SIZE = 4096;

const FLOAT32_BYTES = 4;

/** Names of the saved tensors of a parameter's moments, each before the name of the parameter. */
const SAVED = {
  mean: { codes: 'exp_avg_codes', absmax: 'exp_avg_absmax' },
  meanSquare: { codes: 'exp_avg_sq_codes', absmax: 'exp_avg_sq_absmax' },
} as const;

/**
 * {@link AdamW} with moments in 8 bits, as `bitsandbytes.optim.AdamW8bit`: about 2 bytes of state for each parameter instead of 8.
 *
 * After each update the moments are quantized block by block to a dynamic map (256 elements share a scale), and before the next they are
 * widened to float32 again. Tensors of fewer than 4,096 elements keep moments in float32.
 *
 * @see Dettmers et al. 2022, arXiv 2110.02861
 */
export class AdamW8bit implements Optimizer {
  readonly learningRate: number;
  readonly parameters: ReadonlyMap<string, tf.Variable>;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly #resolved: ResolvedAdamW;
  /** Updates the small tensors; null without any. */
  readonly #small: AdamW | null;
  /** The other tensors. */
  readonly #entries: readonly Entry[];
  readonly #makeState: typeof adamW8bit;
  /** Entries with a gradient in the last update, whose moments are in `#state`. */
  #present: readonly Entry[] = [];
  #state: AdamW8bitState | null = null;
  /** Moments of the other entries that have any. */
  readonly #absent = new Map<string, Moments8bit>();

  constructor(groups: readonly ParameterGroup[], options: AdamWOptions = {}) {
    this.#resolved = resolveAdamW(groups, options);
    const entries = entriesOf(groups);
    this.learningRate = this.#resolved.learningRate;
    this.parameters = new Map(entries.map(({ name, variable }) => [name, variable]));
    this.settings = settingsOf('AdamW8bit', groups, this.#resolved);
    this.#entries = entries.filter(({ variable }) => variable.size >= MIN_8BIT_SIZE);
    const small = groups.map((group) => ({
      ...group,
      parameters: new Map([...group.parameters].filter(([, { size }]) => size < MIN_8BIT_SIZE)),
    }));
    const some = small.some(({ parameters }) => parameters.size > 0);
    this.#small = some ? new AdamW(small, options) : null;
    this.#makeState = options.implementation === 'composed' ? composed.adamW8bit : adamW8bit;
  }

  step(
    gradients: NamedGradients,
    learningRate: number = this.learningRate,
    gradientFactor: tf.Scalar | null = null,
  ): void {
    this.#small?.step(gradients, learningRate, gradientFactor);
    this.#arrange(this.#entries.filter(({ variable }) => gradients[variable.name] !== undefined));
    if (this.#state === null) return;
    const variables = this.#present.map(({ variable }) => variable);
    const updated = this.#state.update({
      weights: variables,
      settings: this.#present.map((entry) => this.#settingsOf(entry, learningRate)),
      gradients: variables.map(({ name }) => gradients[name]),
      gradientFactor: gradientFactor ?? undefined,
    });
    for (const [i, weights] of updated.entries()) {
      variables[i].assign(weights);
      weights.dispose();
    }
    for (const entry of this.#present) entry.step++;
  }

  stateBytes(): number {
    const updated = this.#entries.filter(({ step }) => step > 0);
    const bytes = ({ size }: tf.Variable) => 2 * (size + FLOAT32_BYTES * Math.ceil(size / MOMENT_BLOCK));
    return updated.reduce((sum, { variable }) => sum + bytes(variable), this.#small?.stateBytes() ?? 0);
  }

  async readState(): Promise<OptimizerState> {
    const small = (await this.#small?.readState()) ?? { counters: {}, tensors: [] };
    const counters: Record<string, number> = { ...small.counters };
    for (const { name, step } of this.#entries) counters[`step.${name}`] = step;
    const tensors = new Map<string, HostTensor>(small.tensors);
    for (const [name, moments] of this.#moments()) {
      for (const moment of ['mean', 'meanSquare'] as const) {
        const { codes, absmax } = moments[moment];
        tensors.set(`${SAVED[moment].codes}.${name}`, { shape: [codes.length], data: codes });
        tensors.set(`${SAVED[moment].absmax}.${name}`, { shape: [absmax.length], data: absmax });
      }
    }
    return { counters, tensors };
  }

  restoreState(state: OptimizerState): void {
    const restored = new Map<string, Moments8bit>();
    for (const { name, variable } of this.#entries) {
      const step = state.counters[`step.${name}`];
      if (step === undefined)
        throw new TrainInputError(`the saved optimizer state lacks the parameter "${name}"`);
      if (step > 0) restored.set(name, savedMoments(state, name, variable.size));
    }
    this.#small?.restoreState(state);
    this.#free();
    for (const entry of this.#entries) entry.step = state.counters[`step.${entry.name}`];
    for (const [name, moments] of restored) this.#absent.set(name, moments);
  }

  /** Frees the moments; the parameters are not freed. */
  dispose(): void {
    this.#small?.dispose();
    this.#free();
  }

  #settingsOf({ group, step }: Entry, learningRate: number): AdamWSettings {
    const { groups, betas, eps } = this.#resolved;
    return {
      learningRate: (groups[group].learningRate * learningRate) / this.learningRate,
      weightDecay: groups[group].weightDecay,
      beta1: betas[0],
      beta2: betas[1],
      eps,
      step: step + 1,
    };
  }

  /** Moves the moments of exactly these entries into `#state`. */
  #arrange(present: readonly Entry[]): void {
    const same =
      present.length === this.#present.length && present.every((entry, i) => entry === this.#present[i]);
    if (same) return;
    const moments = this.#moments();
    this.#free();
    for (const [name, each] of moments) this.#absent.set(name, each);
    this.#present = present;
    if (present.length === 0) return;
    this.#state = this.#makeState(
      present.map(({ name, variable }) => ({
        size: variable.size,
        moments: this.#absent.get(name) ?? null,
      })),
    );
    for (const { name } of present) this.#absent.delete(name);
  }

  /** Copies of all moments, by parameter. */
  #moments(): [string, Moments8bit][] {
    const inState = this.#state?.moments() ?? [];
    return [
      ...this.#absent,
      ...inState.map((each, i): [string, Moments8bit] => [this.#present[i].name, each]),
    ];
  }

  #free(): void {
    this.#state?.dispose();
    this.#state = null;
    this.#present = [];
    this.#absent.clear();
  }
}

/** @throws {TrainInputError} when a tensor is missing or does not fit */
function savedMoments({ tensors }: OptimizerState, name: string, size: number): Moments8bit {
  const read = <T extends HostTensor['data']>(
    kind: string,
    type: new () => T,
    fits: (n: number) => boolean,
  ): T => {
    const saved = tensors.get(`${kind}.${name}`);
    if (saved?.data instanceof type && fits(saved.data.length)) return saved.data;
    const found = saved ? `has ${saved.data.length} elements` : 'is missing';
    throw new TrainInputError(
      `the saved optimizer state does not fit: ${kind}.${name} ${found}, for a parameter of ${size}`,
    );
  };
  const of = ({ codes, absmax }: { readonly codes: string; readonly absmax: string }) => ({
    codes: read(codes, Uint8Array, (n) => n === size),
    absmax: read(absmax, Float32Array, (n) => n === Math.ceil(size / MOMENT_BLOCK)),
  });
  return { mean: of(SAVED.mean), meanSquare: of(SAVED.meanSquare) };
}
