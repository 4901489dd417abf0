import * as tf from '@tensorflow/tfjs-core';
import { clipByGlobalNorm } from '../clip-by-global-norm.js';
import type { FitOptions } from './fit-options.js';
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

/** Makes one change of the weights after the other, reading nothing from the device. */
export class Updater<Batch> {
  readonly #options: FitOptions<Batch>;
  readonly #losses: LossLog;
  readonly #variables: tf.Variable[];
  readonly #batches: PreparedBatches<Batch>;
  #gradNorm: tf.Scalar | null = null;

  /** @param losses where the loss of each batch goes */
  constructor(options: FitOptions<Batch>, losses: LossLog) {
    this.#options = options;
    this.#losses = losses;
    this.#variables = [...options.optimizer.parameters.values()];
    this.#batches = new PreparedBatches(options.data);
  }

  /** Norm of the last update's gradient before clipping; null without clipping. */
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
    const { optimizer } = this.#options;
    const packed = optimizer.pack(sum!);
    tf.dispose(sum!);
    const clipped = this.#clip(packed as tf.Tensor[]);
    optimizer.apply(clipped, learningRate);
    tf.dispose(clipped);
    return examples;
  }

  async dispose(): Promise<void> {
    await this.#batches.dispose();
    this.#gradNorm?.dispose();
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
    const { value, grads } = tf.variableGrads(() => {
      const mean = loss(batch, { step, epoch, dropout });
      return share === 1 ? mean : (tf.mul(mean, share) as tf.Scalar);
    }, variables);
    this.#losses.add({ value, share, step, epoch, indices });
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
