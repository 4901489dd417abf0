import { allFinite, clippingFactor } from '@fin/kernels';
import { singleProcess } from '@fin/parallel';
import { beginRange } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { GradientOverflowError, TrainInputError } from '../errors.js';
import type { GradientListener } from './announce-gradients.js';
import { variableGradients } from './differentiate.js';
import type { FitOptions, GradientScaler, WeightedLoss } from './fit-options.js';
import type { ShareLoss } from './gradient-exchange.js';
import { GradientExchange } from './gradient-exchange.js';
import type { LossLog } from './loss-log.js';
import type { UpdatePlan } from './plan-epoch.js';
import type { BatchRequest } from './prepared-batches.js';
import { PreparedBatches } from './prepared-batches.js';
import { shareOf } from './ranks.js';

/** Position of an update in the run. */
export interface UpdatePlace {
  /** Updates before it. */
  readonly step: number;
  /** Index of the epoch, from 0. */
  readonly epoch: number;
}

/** What an update did. */
export interface UpdateOutcome {
  /** Examples of all processes. */
  readonly examples: number;
  /** Number of processes with each wish. */
  readonly wishes: readonly number[];
}

/** State of gradient scaling; null without a scaler. */
export interface ScalingState {
  readonly lossScale: number | null;
  /** Updates skipped since the last call. */
  readonly skippedUpdates: number | null;
}

/** Loss scale below which scaling has failed: an unscaled gradient overflows, too. */
const LOWEST_SCALE = 1;

/**
 * Runs updates one by one. Reads nothing from the device, except whether gradients are finite if there is a gradient scaler, and the
 * gradients themselves if there are several processes.
 */
export class Updater<Batch> {
  readonly #options: FitOptions<Batch>;
  readonly #losses: LossLog;
  readonly #variables: tf.Variable[];
  readonly #batches: PreparedBatches<Batch>;
  /** Null for a single process. */
  readonly #exchange: GradientExchange | null;
  #gradNorm: tf.Scalar | null = null;
  #skipped = 0;

  /** @param losses receives the loss of each batch */
  constructor(options: FitOptions<Batch>, losses: LossLog) {
    this.#options = options;
    this.#losses = losses;
    this.#variables = [...options.optimizer.parameters.values()];
    this.#batches = new PreparedBatches(options.data);
    const { group = singleProcess, model } = options;
    const trained = new Set(this.#variables);
    const inOrder = new Set([...model.namedParameters().values()].filter((one) => trained.has(one)));
    this.#exchange = group.worldSize > 1 ? new GradientExchange(group, inOrder) : null;
  }

  takeScaling(): ScalingState {
    const scaler = this.#scaler;
    const skippedUpdates = this.#skipped;
    this.#skipped = 0;
    return scaler
      ? { lossScale: scaler.getScale(), skippedUpdates }
      : { lossScale: null, skippedUpdates: null };
  }

  /** Gradient norm before clipping of the last update that was not skipped; null without clipping. */
  get gradNorm(): tf.Scalar | null {
    return this.#gradNorm;
  }

  /**
   * Runs one update.
   *
   * @param next the batch for the next update, to be prepared during this one
   * @param wishes of this process, 0 or 1 each, to be counted over all processes
   * @throws {GradientOverflowError} when the gradient is not finite at any loss scale down to 1
   */
  async update(
    plan: UpdatePlan,
    place: UpdatePlace,
    learningRate: number,
    next: Int32Array | undefined,
    wishes: readonly number[],
  ): Promise<UpdateOutcome> {
    const examples = plan.reduce((sum, indices) => sum + indices.length, 0);
    const sum = new GradientSum(examples);
    const { step } = place;
    const afterwards = next ? this.#request(next, step + 1, 0) : null;
    const requests = plan.flatMap((whole, part) => this.#request(whole, step, part) ?? []);
    let gradients: tf.NamedTensorMap;
    let agreed = wishes;
    const exchange = this.#exchange;
    exchange?.begin(plan.length, wishes);
    // The gradients of several batches are added up first.
    const onGradient: GradientListener | undefined =
      exchange && plan.length === 1 ? (variable, gradient) => exchange.take(variable, gradient) : undefined;
    try {
      for (const [i, request] of requests.entries()) {
        const following = requests[i + 1] ?? afterwards;
        await this.#batches.use(request, following, (batch) =>
          this.#backward(batch, request, place, sum, onGradient),
        );
      }
      if (exchange) {
        const { losses, wishes: counted } = await sum.addUp(exchange, plan.length);
        for (const [part, value] of losses.entries())
          this.#losses.add({ value, factor: 1, ...place, indices: plan[part] });
        agreed = counted;
      }
      gradients = sum.takeMean();
    } finally {
      sum.dispose();
    }
    await this.#change(gradients, learningRate, step);
    return { examples, wishes: agreed };
  }

  /** This process' share of a batch; null if it has none of a small one. */
  #request(whole: Int32Array, step: number, part: number): BatchRequest | null {
    const { indices, first } = shareOf(whole, this.#options.group ?? singleProcess);
    return indices.length > 0 ? { indices, place: { step, part, whole, first } } : null;
  }

  async dispose(): Promise<void> {
    await this.#batches.dispose();
    this.#gradNorm?.dispose();
  }

  /** The scaler, if there is one and it is enabled. */
  get #scaler(): GradientScaler | null {
    const { gradientScaler: scaler } = this.#options;
    return scaler?.enabled ? scaler : null;
  }

  /** Adds the gradients of a batch to a sum, and its loss to the log, or with several processes to the sum as well. */
  #backward(
    batch: Batch,
    { indices, place: { part } }: BatchRequest,
    { step, epoch }: UpdatePlace,
    sum: GradientSum,
    onGradient: GradientListener | undefined,
  ): void {
    const { loss, random } = this.#options;
    const dropout = random.stream('dropout').at(step).at(part);
    const variables = this.#variables.filter(({ trainable }) => trainable);
    const scaler = this.#scaler;
    const share = indices.length / sum.examples;
    const kept: tf.Tensor[] = [];
    const forward = (): tf.Scalar => {
      const result = loss(batch, { step, epoch, dropout });
      const scaled = (scalar: tf.Scalar) => (scaler ? scaler.scale(scalar) : scalar);
      if (share === 1) return scaled(isWeighted(result) ? result.loss : result);
      if (!isWeighted(result)) return scaled(tf.mul(result, share));
      const weight = relativeWeight(result, sum.examples);
      for (const tensor of [result.loss, weight]) kept.push(tf.keep(tf.clone(tensor)));
      return scaled(tf.mul(result.loss, weight));
    };
    let endPhase = beginRange('forward');
    try {
      const { value, grads } = variableGradients(
        () => {
          const lossValue = forward();
          endPhase();
          endPhase = beginRange('backward'); // tfjs runs it when this function returns
          return lossValue;
        },
        variables,
        onGradient,
      );
      const [mean, weight] = kept.splice(0) as tf.Scalar[];
      if (mean) value.dispose();
      const factor = mean ? 1 : share * (scaler?.getScale() ?? 1);
      const own = mean ?? value;
      if (this.#exchange)
        sum.addLoss({ part, value: own, factor, weight: weight ? tf.clone(weight) : share });
      else this.#losses.add({ value: own, factor, step, epoch, indices });
      sum.add(grads, weight ?? null);
    } finally {
      endPhase();
      tf.dispose(kept);
    }
  }

  /** Changes the weights by these gradients, unless a scaler finds them not finite. Takes ownership of the gradients. */
  async #change(gradients: tf.NamedTensorMap, learningRate: number, step: number): Promise<void> {
    const { optimizer } = this.#options;
    const scaler = this.#scaler;
    if (!scaler) {
      this.#apply(gradients, learningRate);
      return;
    }
    const names = Object.keys(gradients);
    let unscaled: tf.NamedTensorMap;
    try {
      const list = scaler.unscale(optimizer, Object.values(gradients));
      unscaled = Object.fromEntries(list.map((tensor, i) => [names[i], tensor]));
    } finally {
      tf.dispose(gradients);
    }
    const scale = scaler.getScale();
    let applied = false;
    try {
      scaler.step(optimizer, Object.values(unscaled), () => {
        applied = true;
        this.#apply(unscaled, learningRate);
      });
      scaler.update();
      if (applied) return;
      this.#skipped++;
      if (scaler.getScale() >= LOWEST_SCALE) return;
      await this.#losses.read(); // a loss that is not finite explains the gradients
      throw new GradientOverflowError(scale, step, nonFinite(optimizer.parameters, unscaled));
    } finally {
      if (!applied) tf.dispose(unscaled);
    }
  }

  /** Takes ownership of the gradients. */
  #apply(gradients: tf.NamedTensorMap, learningRate: number): void {
    const { optimizer, maxGradNorm } = this.#options;
    const end = beginRange('optimizer');
    let factor: tf.Scalar | undefined;
    try {
      if (maxGradNorm !== undefined) {
        const clipping = clippingFactor(Object.values(gradients), maxGradNorm);
        factor = clipping.factor;
        this.#gradNorm?.dispose();
        this.#gradNorm = clipping.norm;
      }
      optimizer.step(gradients, learningRate, factor);
    } finally {
      end();
      factor?.dispose();
      tf.dispose(gradients);
    }
  }
}

/**
 * Sum of the gradients of an update's batches.
 *
 * A plain loss comes multiplied by the batch's share of the examples, so the sum of the gradients is the mean. A weighted loss comes
 * multiplied by its weight per example of the update, and {@link mean} divides by the sum of these weights.
 */
class GradientSum {
  /** Examples of the whole update. */
  readonly examples: number;
  #gradients: tf.NamedTensorMap = {};
  #weight: tf.Scalar | null = null;
  #parts = 0;
  #losses: ShareLoss[] = [];

  constructor(examples: number) {
    this.examples = examples;
  }

  /** Adds gradients, some of which may be missing. Takes ownership of all tensors. @param weight null for a plain loss */
  add(gradients: tf.NamedTensorMap, weight: tf.Scalar | null): void {
    if (this.#parts++ > 0 && (weight === null) !== (this.#weight === null)) {
      tf.dispose([gradients, weight] as never);
      throw new TrainInputError(
        'the loss function returned a weight for some batches of an update and none for others; return one for all, or for none',
      );
    }
    for (const [name, gradient] of Object.entries(gradients)) {
      this.#gradients[name] = addTo(this.#gradients[name], gradient);
    }
    if (weight) this.#weight = addTo(this.#weight ?? undefined, weight) as tf.Scalar;
  }

  /** Keeps the loss of a batch for {@link addUp}. Takes ownership of its tensors. */
  addLoss(loss: ShareLoss): void {
    this.#losses.push(loss);
  }

  /** Adds the sums of all other processes. @returns mean losses of the batches, and counted wishes */
  async addUp(
    exchange: GradientExchange,
    parts: number,
  ): Promise<{ readonly losses: readonly number[]; readonly wishes: readonly number[] }> {
    const own = { gradients: this.#gradients, weight: this.#weight, losses: this.#losses };
    const { gradients, weight, ...others } = await exchange.sum({ ...own, parts });
    this.dispose();
    this.#gradients = gradients;
    this.#weight = weight;
    return others;
  }

  /** The mean gradient, which the caller owns from now on. */
  takeMean(): tf.NamedTensorMap {
    const gradients = this.#gradients;
    const weight = this.#weight;
    if (!weight) {
      this.#gradients = {};
      return gradients;
    }
    const means = tf.tidy(() =>
      Object.fromEntries(Object.entries(gradients).map(([name, each]) => [name, tf.div(each, weight)])),
    );
    this.#freeGradients();
    return means;
  }

  dispose(): void {
    this.#freeGradients();
    this.#weight?.dispose();
    this.#weight = null;
    for (const { value, weight } of this.#losses.splice(0)) {
      value.dispose();
      if (typeof weight !== 'number') weight.dispose();
    }
  }

  #freeGradients(): void {
    tf.dispose(this.#gradients);
    this.#gradients = {};
  }
}

/** Names of the parameters with an infinite or NaN gradient. Reads from the device. */
function nonFinite(parameters: ReadonlyMap<string, tf.Variable>, gradients: tf.NamedTensorMap): string[] {
  const isBad = ([, { name }]: [string, tf.Variable]) => name in gradients && !allFinite([gradients[name]]);
  return [...parameters].filter(isBad).map(([name]) => name);
}

function addTo(sum: tf.Tensor | undefined, term: tf.Tensor): tf.Tensor {
  if (!sum) return term;
  const result = tf.add(sum, term);
  tf.dispose([sum, term]);
  return result;
}

function isWeighted(loss: tf.Scalar | WeightedLoss): loss is WeightedLoss {
  return !(loss instanceof tf.Tensor);
}

/** The weight of a batch's loss, divided by the examples of the update so that gradients keep their size. */
function relativeWeight({ weight }: WeightedLoss, examples: number): tf.Scalar {
  if (typeof weight !== 'number') return tf.div(weight, examples);
  if (weight >= 0 && Number.isFinite(weight)) return tf.scalar(weight / examples);
  throw new TrainInputError(
    `the loss function returned the weight ${weight}; it must be a finite number of 0 or more`,
  );
}
