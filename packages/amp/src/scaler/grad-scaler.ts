import { nativeDType } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { engineState } from '../engine/engine.js';
import { AmpInputError, GradScalerError } from '../errors.js';
import type { Gradients } from './gradients.js';
import { gradientTensors, mapGradients } from './gradients.js';
import { hasNonFinite } from './has-non-finite.js';

/** Settings of a `GradScaler`; the defaults are torch's. */
export interface GradScalerOptions {
  /** Scale to begin with. @default 2 ** 16 */
  readonly initScale?: number;
  /** What the scale is multiplied by after `growthInterval` good steps; above 1. @default 2 */
  readonly growthFactor?: number;
  /** What it is multiplied by after a step with a gradient that was not finite; below 1. @default 0.5 */
  readonly backoffFactor?: number;
  /** Good steps in a row before the scale grows. @default 2000 */
  readonly growthInterval?: number;
  /** Without it every method passes through; `policy.needsScaler` says when it is wanted. @default true */
  readonly enabled?: boolean;
}

/** State of a `GradScaler` as torch's `state_dict` spells it; empty where it is off. */
export interface GradScalerState {
  readonly scale: number;
  readonly growth_factor: number;
  readonly backoff_factor: number;
  readonly growth_interval: number;
  readonly _growth_tracker: number;
}

/** An optimizer of @fin/train or of tfjs. */
export type ScaledOptimizer =
  | { step(gradients: Readonly<Record<string, tf.Tensor>>): unknown }
  | { applyGradients(gradients: never): unknown };

/** One optimizer between two calls of `update`. */
interface OptimizerState {
  readonly stage: 'unscaled' | 'stepped';
  /** Whether there were any gradients to look at. */
  readonly looked: boolean;
  readonly foundNonFinite: boolean;
}

/**
 * Scales the loss so that float16 gradients do not vanish, and finds the scale: `torch.amp.GradScaler` with the same state machine.
 * An optimizer is ready, then unscaled, then stepped, until `update`; a step whose gradients are not all finite is skipped and
 * halves the scale, 2000 good ones in a row double it.
 *
 * Where torch keeps gradients in its parameters, tfjs returns them, so they are handed over here; and the scale is a number of
 * the host, since every step reads whether its gradients were finite anyway, as torch's does.
 *
 * @example
 * const scaler = new GradScaler({ enabled: policy.needsScaler });
 * const { value, grads } = tf.variableGrads(() => scaler.scale(autocast(policy, loss)));
 * scaler.step(optimizer, grads);
 * scaler.update();
 */
export class GradScaler {
  readonly enabled: boolean;
  #initScale: number;
  /** null until the first loss is scaled, as in torch: what is stepped before was not scaled. */
  #scale: number | null = null;
  #growthFactor: number;
  #backoffFactor: number;
  #growthInterval: number;
  #growthTracker = 0;
  #optimizers = new Map<object, OptimizerState>();

  /** @throws AmpInputError when a factor would not let the scale grow or fall */
  constructor(options: GradScalerOptions = {}) {
    const { initScale = 2 ** 16, growthFactor = 2, backoffFactor = 0.5, growthInterval = 2000 } = options;
    this.enabled = options.enabled ?? true;
    if (this.enabled && !(growthFactor > 1)) {
      throw new AmpInputError(`growthFactor is ${growthFactor}; it must be above 1.`);
    }
    if (this.enabled && !(backoffFactor < 1)) {
      throw new AmpInputError(`backoffFactor is ${backoffFactor}; it must be below 1.`);
    }
    this.#initScale = Math.fround(initScale);
    this.#growthFactor = growthFactor;
    this.#backoffFactor = backoffFactor;
    this.#growthInterval = growthInterval;
  }

  /** The loss times the scale; differentiate this. The loss itself where the scaler is off. */
  scale<T extends tf.Tensor>(loss: T): T {
    if (!this.enabled) return loss;
    this.#scale ??= this.#initScale;
    return tf.mul(loss, this.#scale) as T;
  }

  /**
   * Gradients divided by the scale, for clipping or looking at before `step`; at most once for each optimizer and step. New
   * float32 tensors, the caller's; those given stay the caller's too. Where the scaler is off, copies.
   *
   * @param optimizer whose gradients they are: any object that stands for it
   * @throws GradScalerError when called twice, after `step`, before any loss was scaled, or for float16 parameters
   */
  unscale<G extends Gradients>(optimizer: object, gradients: G): G {
    if (!this.enabled) return mapGradients(gradients, (gradient) => tf.clone(gradient));
    const scale = this.#currentScale('unscale()');
    const stage = this.#optimizers.get(optimizer)?.stage;
    if (stage === 'unscaled') {
      throw new GradScalerError(
        'unscale() has already been called for this optimizer since the last update().',
      );
    }
    if (stage === 'stepped') throw new GradScalerError('unscale() is called after step().');
    refuseFloat16Parameters(gradients);
    const tensors = gradientTensors(gradients);
    const foundNonFinite = hasNonFinite(tensors);
    // As torch does: the reciprocal in float64, then rounded.
    const inverse = Math.fround(1 / scale);
    const unscaled = mapGradients(gradients, (gradient) => tf.mul(gradient, inverse));
    this.#optimizers.set(optimizer, { stage: 'unscaled', looked: tensors.length > 0, foundNonFinite });
    return unscaled;
  }

  /**
   * Lets the optimizer step unless a gradient was not finite. Unscales first, unless `unscale` was called: then the gradients must
   * be what it returned, or were made of it.
   *
   * @param apply how to step @default `optimizer.step(gradients)`, or `optimizer.applyGradients(gradients)`
   * @returns whether the optimizer stepped
   * @throws GradScalerError when called twice before `update`, or before any loss was scaled
   */
  step(optimizer: ScaledOptimizer, gradients: Readonly<Record<string, tf.Tensor>>): boolean;
  step<G extends Gradients>(optimizer: object, gradients: G, apply: (gradients: G) => unknown): boolean;
  step(
    optimizer: object,
    gradients: Gradients,
    apply: (gradients: never) => unknown = applyTo(optimizer),
  ): boolean {
    if (!this.enabled) {
      apply(gradients as never);
      return true;
    }
    this.#currentScale('step()');
    const state = this.#optimizers.get(optimizer);
    if (state?.stage === 'stepped') {
      throw new GradScalerError('step() has already been called for this optimizer since the last update().');
    }
    const unscaled = state ? null : this.unscale(optimizer, gradients);
    const { looked, foundNonFinite } = this.#optimizers.get(optimizer)!;
    try {
      if (!looked) {
        throw new GradScalerError(
          'step() was given no gradients: there is nothing to tell good steps from bad ones by.',
        );
      }
      if (!foundNonFinite) apply((unscaled ?? gradients) as never);
    } finally {
      if (unscaled) tf.dispose(gradientTensors(unscaled));
    }
    this.#optimizers.set(optimizer, { stage: 'stepped', looked, foundNonFinite });
    return !foundNonFinite;
  }

  /**
   * Ends the step: a bad one lowers the scale, enough good ones raise it.
   *
   * @param newScale sets the scale instead
   * @throws GradScalerError when no gradients were looked at since the last call
   */
  update(newScale?: number): void {
    if (!this.enabled) return;
    const scale = this.#currentScale('update()');
    if (newScale !== undefined) {
      this.#scale = Math.fround(newScale);
    } else {
      const states = [...this.#optimizers.values()];
      if (!states.some(({ looked }) => looked)) {
        throw new GradScalerError(
          'update() was called, and no gradients were looked at since the last update(): call step() first.',
        );
      }
      this.#adjust(
        scale,
        states.some(({ foundNonFinite }) => foundNonFinite),
      );
    }
    this.#optimizers = new Map();
  }

  /** The scale; 1 where the scaler is off. */
  getScale(): number {
    return this.enabled ? (this.#scale ?? this.#initScale) : 1;
  }

  /** What a checkpoint needs, to be taken after `update`; empty where the scaler is off. Torch's keys. */
  stateDict(): GradScalerState | Record<string, never> {
    if (!this.enabled) return {};
    return {
      scale: this.getScale(),
      growth_factor: this.#growthFactor,
      backoff_factor: this.#backoffFactor,
      growth_interval: this.#growthInterval,
      _growth_tracker: this.#growthTracker,
    };
  }

  /**
   * Goes on from a state of `stateDict`, or of torch's.
   *
   * @throws GradScalerError when the state is that of a scaler that was off
   */
  loadStateDict(state: GradScalerState | Record<string, never>): void {
    if (!this.enabled) return;
    if (Object.keys(state).length === 0) {
      throw new GradScalerError('The state is empty: it is that of a GradScaler that was not enabled.');
    }
    const { scale, growth_factor, backoff_factor, growth_interval, _growth_tracker } =
      state as GradScalerState;
    this.#initScale = Math.fround(scale);
    if (this.#scale !== null) this.#scale = this.#initScale;
    this.#growthFactor = growth_factor;
    this.#backoffFactor = backoff_factor;
    this.#growthInterval = growth_interval;
    this.#growthTracker = _growth_tracker;
  }

  /** Torch's `_amp_update_scale_`, in float32 as there. */
  #adjust(scale: number, foundNonFinite: boolean): void {
    if (foundNonFinite) {
      this.#scale = Math.fround(scale * this.#backoffFactor);
      this.#growthTracker = 0;
      return;
    }
    this.#growthTracker++;
    if (this.#growthTracker < this.#growthInterval) return;
    const grown = Math.fround(scale * this.#growthFactor);
    if (Number.isFinite(grown)) this.#scale = grown;
    this.#growthTracker = 0;
  }

  #currentScale(caller: string): number {
    if (this.#scale !== null) return this.#scale;
    throw new GradScalerError(
      `${caller} was called before any loss was scaled: differentiate scaler.scale(loss).`,
    );
  }
}

/** In float16 an update of a parameter vanishes however its gradient is scaled; torch refuses their gradients, too. */
function refuseFloat16Parameters(gradients: Gradients): void {
  if (Array.isArray(gradients)) return;
  const { registeredVariables } = engineState();
  for (const name of Object.keys(gradients)) {
    const variable = Object.hasOwn(registeredVariables, name) ? registeredVariables[name] : null;
    if (variable && nativeDType(variable) === 'float16') {
      throw new GradScalerError(`the parameter ${name} is float16: what is trained must be float32.`);
    }
  }
}

function applyTo(optimizer: object): (gradients: never) => unknown {
  return (gradients) => {
    if ('step' in optimizer) return (optimizer.step as (gradients: never) => unknown)(gradients);
    if ('applyGradients' in optimizer) {
      return (optimizer.applyGradients as (gradients: never) => unknown)(gradients);
    }
    throw new GradScalerError(
      'the optimizer has neither step() nor applyGradients(); pass a function as third argument.',
    );
  };
}
