import * as tf from '@tensorflow/tfjs-core';
import { clipByGlobalNorm } from '../clip-by-global-norm.js';
import type { FitOptions } from './fit-options.js';
import type { GradientScaler } from './gradient-scaler.js';
import type { LossLog } from './loss-log.js';
import type { UpdatePlan } from './plan-epoch.js';
import { PreparedBatches } from './prepared-batches.js';

/** Where in the run an update is. */
export interface UpdatePlace {
  /** Updates done before it. */
  readonly step: number;
  /** From 0. */
  readonly epoch: number;
}

/** Gradient scaling as it stands; null where there is none. */
export interface ScalingState {
  readonly lossScale: number | null;
  /** Updates that were skipped since this was last asked for. */
  readonly skippedUpdates: number | null;
}

/** Makes one change of the weights after the other, reading nothing from the device but what a gradient scaler reads. */
export class Updater<Batch> {
  readonly #options: FitOptions<Batch>;
  readonly #losses: LossLog;
  readonly #variables: tf.Variable[];
  readonly #batches: PreparedBatches<Batch>;
  #gradNorm: tf.Scalar | null = null;
  #skipped = 0;

  /** @param losses where the loss of each batch goes */
  constructor(options: FitOptions<Batch>, losses: LossLog) {
    this.#options = options;
    this.#losses = losses;
    this.#variables = [...options.optimizer.parameters.values()];
    this.#batches = new PreparedBatches(options.data);
  }

  takeScaling(): ScalingState {
    const scaler = this.#scaler;
    const skippedUpdates = this.#skipped;
    this.#skipped = 0;
    return scaler
      ? { lossScale: scaler.getScale(), skippedUpdates }
      : { lossScale: null, skippedUpdates: null };
  }

  /** Norm of the last gradient before clipping, updates that were skipped not counted; null without clipping. */
  get gradNorm(): tf.Scalar | null {
    return this.#gradNorm;
  }

  /**
   * @param next the batch that will be needed after this update, to be made meanwhile
   * @returns number of examples
   */
  async update(
    plan: UpdatePlan,
    place: UpdatePlace,
    learningRate: number,
    next: Int32Array | undefined,
  ): Promise<number> {
    const examples = plan.reduce((sum, indices) => sum + indices.length, 0);
    let sum: tf.NamedTensorMap | null = null;
    const { step } = place;
    const afterwards = next ? { indices: next, step: step + 1, part: 0 } : null;
    const requests = plan.map((indices, part) => ({ indices, step, part }));
    for (const [part, request] of requests.entries()) {
      const { indices } = request;
      const following = requests[part + 1] ?? afterwards;
      const gradients: tf.NamedTensorMap = await this.#batches.use(request, following, (batch) =>
        this.#gradients(batch, indices, place, part, indices.length / examples),
      );
      sum = sum ? addInto(sum, gradients) : gradients;
    }
    const packed = this.#options.optimizer.pack(sum!);
    tf.dispose(sum!);
    this.#change(packed as tf.Tensor[], learningRate);
    return examples;
  }

  async dispose(): Promise<void> {
    await this.#batches.dispose();
    this.#gradNorm?.dispose();
  }

  /** The scaler, if there is one and it does anything. */
  get #scaler(): GradientScaler | null {
    const { gradientScaler: scaler } = this.#options;
    return scaler?.enabled ? scaler : null;
  }

  /** Changes the weights by these gradients, which it frees, unless a scaler finds that they are of no use. */
  #change(gradients: tf.Tensor[], learningRate: number): void {
    const { optimizer } = this.#options;
    const scaler = this.#scaler;
    if (!scaler) {
      this.#apply(gradients, learningRate);
      return;
    }
    const unscaled = scaler.unscale(optimizer, gradients) as tf.Tensor[];
    tf.dispose(gradients);
    if (!scaler.step(optimizer, unscaled, () => this.#apply(unscaled, learningRate))) {
      tf.dispose(unscaled);
      this.#skipped++;
    }
    scaler.update();
  }

  #apply(gradients: tf.Tensor[], learningRate: number): void {
    const clipped = this.#clip(gradients);
    this.#options.optimizer.apply(clipped, learningRate);
    tf.dispose(clipped);
  }

  /** @param share the batch's part of the update's examples: its part of the mean gradient */
  #gradients(
    batch: Batch,
    indices: Int32Array,
    { step, epoch }: UpdatePlace,
    part: number,
    share: number,
  ): tf.NamedTensorMap {
    const { loss, random } = this.#options;
    const dropout = random.stream('dropout').at(step).at(part);
    const variables = this.#variables.filter(({ trainable }) => trainable);
    const scaler = this.#scaler;
    const { value, grads } = tf.variableGrads(() => {
      const mean = loss(batch, { step, epoch, dropout });
      const part = share === 1 ? mean : (tf.mul(mean, share) as tf.Scalar);
      return scaler ? scaler.scale(part) : part;
    }, variables);
    this.#losses.add({ value, factor: share * (scaler?.getScale() ?? 1), step, epoch, indices });
    return grads;
  }

  #clip(gradients: tf.Tensor[]): tf.Tensor[] {
    const { maxGradNorm } = this.#options;
    if (maxGradNorm === undefined) return gradients;
    const { grads, norm } = clipByGlobalNorm(gradients, maxGradNorm);
    tf.dispose(gradients);
    this.#gradNorm?.dispose();
    this.#gradNorm = norm;
    return grads;
  }
}

/** Adds gradients to a sum, of which either may lack some; both are taken over. */
function addInto(sum: tf.NamedTensorMap, gradients: tf.NamedTensorMap): tf.NamedTensorMap {
  const result = { ...sum };
  for (const [name, gradient] of Object.entries(gradients)) {
    if (!(name in sum)) {
      result[name] = gradient;
      continue;
    }
    result[name] = tf.add(sum[name], gradient);
    tf.dispose([sum[name], gradient]);
  }
  return result;
}
