import { allFinite } from '@fin/kernels';
import { nativeDType } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { engineState } from './core/engine.js';
import { AmpInputError, GradScalerError } from './errors.js';

/** Gradients by variable name, as `tf.variableGrads` returns them, or in a list. */
export type Gradients = Readonly<Record<string, tf.Tensor>> | readonly tf.Tensor[];

/** Settings of a {@link GradScaler}; the defaults are torch's. */
export interface GradScalerOptions {
  /** First loss scale; above 0. @default 2 ** 16 */
  readonly initScale?: number;
  /** Multiplies the scale after `growthInterval` good steps; above 1. @default 2 */
  readonly growthFactor?: number;
  /** Multiplies the scale after a step with a non-finite gradient; between 0 and 1. @default 0.5 */
  readonly backoffFactor?: number;
  /** Consecutive good steps before the scale grows; 1 or more. @default 2000 */
  readonly growthInterval?: number;
  /** If false, every method passes its input through; `policy.needsScaler` says when scaling is needed. @default true */
  readonly enabled?: boolean;
}

/** State of a `GradScaler` with the keys of torch's `state_dict`; empty if the scaler is disabled. */
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

/** State of one optimizer between two calls of `update`. */
interface OptimizerState {
  readonly stage: 'unscaled' | 'stepped';
  /** Whether any gradients were checked. */
  readonly looked: boolean;
  readonly foundNonFinite: boolean;
}

/**
 * Scales the loss so that float16 gradients do not underflow, and adapts the scale: `torch.amp.GradScaler`, with the same state machine.
 * An optimizer is ready, then unscaled, then stepped, until `update`. A step with a non-finite gradient is skipped and halves the scale;
 * 2000 good steps in a row double it.
 *
 * Differences from torch: tfjs returns gradients instead of storing them in parameters, so they are passed as arguments; the scale is a
 * number on the host, since every step reads from the device anyway whether its gradients are finite.
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
  /** null until the first loss is scaled, as in torch. */
  #scale: number | null = null;
  #growthFactor: number;
  #backoffFactor: number;
  #growthInterval: number;
  #growthTracker = 0;
  #optimizers = new Map<object, OptimizerState>();

  /** @throws AmpInputError on an invalid setting */
  constructor(options: GradScalerOptions = {}) {
    const { initScale = 2 ** 16, growthFactor = 2, backoffFactor = 0.5, growthInterval = 2000 } = options;
    this.enabled = options.enabled ?? true;
    if (this.enabled) checkSettings({ initScale, growthFactor, backoffFactor, growthInterval });
    this.#initScale = Math.fround(initScale);
    this.#growthFactor = growthFactor;
    this.#backoffFactor = backoffFactor;
    this.#growthInterval = growthInterval;
  }

  /** The loss times the scale: differentiate this. The loss itself if the scaler is disabled. */
  scale<T extends tf.Tensor>(loss: T): T {
    if (!this.enabled) return loss;
    this.#scale ??= this.#initScale;
    return tf.mul(loss, this.#scale) as T;
  }

  /**
   * Divides gradients by the scale, for clipping or inspection before `step`; at most once per optimizer and step. Returns new float32
   * tensors that the caller must dispose, like the given ones. Returns copies if the scaler is disabled.
   *
   * @param optimizer the optimizer they belong to: any object that identifies it
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
    const foundNonFinite = !allFinite(tensors);
    // As in torch: the reciprocal in float64, then rounded.
    const inverse = Math.fround(1 / scale);
    const unscaled = tf.tidy(
      () => mapGradients(gradients, (gradient) => tf.mul(gradient, inverse)) as never,
    ) as G;
    this.#optimizers.set(optimizer, { stage: 'unscaled', looked: tensors.length > 0, foundNonFinite });
    return unscaled;
  }

  /**
   * Runs the optimizer's step unless a gradient is not finite. Unscales the gradients first; if `unscale` was called for this optimizer,
   * pass its result, or tensors computed from it.
   *
   * @param apply runs the step @default `optimizer.step(gradients)`, or `optimizer.applyGradients(gradients)`
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
          'step() was called without gradients, so it cannot check whether they are finite.',
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
   * Ends the step and adapts the scale: a skipped step lowers it, enough good steps raise it.
   *
   * @param newScale sets the scale instead
   * @throws GradScalerError when no gradients were checked since the last call, or when the scale has fallen to 0
   */
  update(newScale?: number): void {
    if (!this.enabled) return;
    const scale = this.#currentScale('update()');
    if (newScale !== undefined) {
      check('newScale', newScale, POSITIVE);
      this.#scale = Math.fround(newScale);
    } else {
      const states = [...this.#optimizers.values()];
      if (!states.some(({ looked }) => looked)) {
        throw new GradScalerError(
          'update() was called, but no gradients were checked since the last update(): call step() first.',
        );
      }
      this.#adjust(
        scale,
        states.some(({ foundNonFinite }) => foundNonFinite),
      );
    }
    this.#optimizers = new Map();
  }

  /** The scale; 1 if the scaler is disabled. */
  getScale(): number {
    return this.enabled ? (this.#scale ?? this.#initScale) : 1;
  }

  /** The state for a checkpoint, to be taken after `update`. Torch's keys; empty if the scaler is disabled. */
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
   * Restores a state of `stateDict`, or of torch's `state_dict`.
   *
   * @throws GradScalerError when the state comes from a disabled scaler
   * @throws AmpInputError when a value is missing or invalid
   */
  loadStateDict(state: GradScalerState | Record<string, never>): void {
    if (!this.enabled) return;
    if (Object.keys(state).length === 0) {
      throw new GradScalerError('The state is empty: it was saved by a disabled GradScaler.');
    }
    const { scale, growth_factor, backoff_factor, growth_interval, _growth_tracker } =
      state as GradScalerState;
    check('scale', scale, POSITIVE);
    check('growth_factor', growth_factor, ABOVE_ONE);
    check('backoff_factor', backoff_factor, BELOW_ONE);
    check('growth_interval', growth_interval, COUNT);
    check('_growth_tracker', _growth_tracker, COUNT_FROM_ZERO);
    this.#initScale = Math.fround(scale);
    if (this.#scale !== null) this.#scale = this.#initScale;
    this.#growthFactor = growth_factor;
    this.#backoffFactor = backoff_factor;
    this.#growthInterval = growth_interval;
    this.#growthTracker = _growth_tracker;
  }

  /** Torch's `_amp_update_scale_`, in float32 like torch. */
  #adjust(scale: number, foundNonFinite: boolean): void {
    if (foundNonFinite) {
      const lowered = Math.fround(scale * this.#backoffFactor);
      if (lowered === 0) {
        throw new GradScalerError(
          'the scale has fallen to 0: every update had a gradient that is infinite or NaN, whatever the scale. Scaling cannot help; compute in bf16 or fp32, or look for the op whose gradient overflows.',
        );
      }
      this.#scale = lowered;
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

/** Refuses gradients of float16 parameters, as torch does: the updates of such a parameter underflow at any scale. */
function refuseFloat16Parameters(gradients: Gradients): void {
  if (Array.isArray(gradients)) return;
  const { registeredVariables } = engineState();
  for (const name of Object.keys(gradients)) {
    const variable = Object.hasOwn(registeredVariables, name) ? registeredVariables[name] : null;
    if (variable && nativeDType(variable) === 'float16') {
      throw new GradScalerError(`the parameter ${name} is float16; trained parameters must be float32.`);
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

/** A valid range and its description. */
interface Range {
  readonly holds: (value: number) => boolean;
  readonly rule: string;
}

const POSITIVE: Range = {
  holds: (value) => Math.fround(value) > 0 && Number.isFinite(Math.fround(value)),
  rule: 'above 0 and finite in float32',
};
const ABOVE_ONE: Range = {
  holds: (value) => value > 1 && Number.isFinite(value),
  rule: 'above 1 and finite',
};
const BELOW_ONE: Range = { holds: (value) => value > 0 && value < 1, rule: 'above 0 and below 1' };
const COUNT: Range = {
  holds: (value) => Number.isSafeInteger(value) && value >= 1,
  rule: 'a whole number of 1 or more',
};
const COUNT_FROM_ZERO: Range = {
  holds: (value) => Number.isSafeInteger(value) && value >= 0,
  rule: 'a whole number of 0 or more',
};

function checkSettings(options: Required<Omit<GradScalerOptions, 'enabled'>>): void {
  check('initScale', options.initScale, POSITIVE);
  check('growthFactor', options.growthFactor, ABOVE_ONE);
  check('backoffFactor', options.backoffFactor, BELOW_ONE);
  check('growthInterval', options.growthInterval, COUNT);
}

function check(name: string, value: number, { holds, rule }: Range): void {
  if (typeof value === 'number' && holds(value)) return;
  throw new AmpInputError(`${name} is ${value}; it must be ${rule}.`);
}

function gradientTensors(gradients: Gradients): tf.Tensor[] {
  return Object.values(gradients) as tf.Tensor[];
}

/** Gradients of the same form with other tensors. */
function mapGradients<G extends Gradients>(gradients: G, fn: (gradient: tf.Tensor) => tf.Tensor): G {
  if (Array.isArray(gradients)) return gradients.map(fn) as unknown as G;
  const entries = Object.entries(gradients).map(([name, gradient]) => [name, fn(gradient as tf.Tensor)]);
  return Object.fromEntries(entries) as G;
}
