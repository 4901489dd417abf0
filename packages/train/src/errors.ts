/** An invalid setting, or input that does not fit the run; the message names the field or file and the fix. */
export class TrainInputError extends Error {
  readonly kind = 'input';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A training run cannot continue. The message names the problem and the fix. */
export class TrainError extends Error {
  readonly kind = 'environment';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Examples or parameters that a message lists before it only counts. */
const LISTED = 8;

function listed(items: ArrayLike<number | string>): string {
  const rest = items.length > LISTED ? ` and ${items.length - LISTED} more` : '';
  return Array.from(items).slice(0, LISTED).join(', ') + rest;
}

/** The training loss is NaN or infinite. The model's weights may be spoilt. */
export class NonFiniteLossError extends TrainError {
  /** NaN or an infinity. */
  readonly loss: number;
  /** Updates before the one with this batch. */
  readonly step: number;
  /** Index of the epoch, from 0. */
  readonly epoch: number;
  /** The batch's examples. */
  readonly indices: Int32Array;
  /** Loss of the batch before; null if it is not known. */
  readonly previousLoss: number | null;

  constructor(loss: number, step: number, epoch: number, indices: Int32Array, previousLoss: number | null) {
    const before = previousLoss === null ? '' : ` The loss of the batch before it was ${previousLoss}.`;
    super(
      `the loss is ${loss} at update ${step + 1} (epoch ${epoch + 1}), for the batch with the examples ${listed(indices)}.${before} ` +
        'Either these examples hold bad values, or the weights were bad before this batch: check the examples; ' +
        'if they are fine, use a lower learning rate, or clip gradients with maxGradNorm',
    );
    this.loss = loss;
    this.step = step;
    this.epoch = epoch;
    this.indices = indices;
    this.previousLoss = previousLoss;
  }
}

/** Gradients are infinite or NaN at every loss scale down to 1, while the loss is finite: a lower scale cannot help. */
export class GradientOverflowError extends TrainError {
  /** Loss scale of the last skipped update. */
  readonly scale: number;
  /** Updates so far, skipped ones included. */
  readonly step: number;
  /** Parameters whose gradient is not finite. */
  readonly parameters: readonly string[];

  constructor(scale: number, step: number, parameters: readonly string[]) {
    super(
      `the gradient of ${listed(parameters)} is infinite or NaN at update ${step + 1}, even at a loss scale of ${scale}, while the loss is ` +
        'finite. Scaling cannot help: train in bf16 or fp32, or look for the op whose gradient overflows (a division by 0, a square root or ' +
        'logarithm of 0)',
    );
    this.scale = scale;
    this.step = step;
    this.parameters = parameters;
  }
}
