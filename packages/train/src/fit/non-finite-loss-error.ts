import { TrainError } from '../errors.js';

/** Example numbers that the message lists before it only counts. */
const LISTED = 8;

/** The training loss became NaN or infinite. The model's weights may be spoilt. */
export class NonFiniteLossError extends TrainError {
  /** NaN or an infinity. */
  readonly loss: number;
  /** Updates done before the one with this batch. */
  readonly step: number;
  /** Of the batch, from 0. */
  readonly epoch: number;
  /** The batch's examples. */
  readonly indices: Int32Array;

  constructor(loss: number, step: number, epoch: number, indices: Int32Array) {
    const rest = indices.length > LISTED ? ` and ${indices.length - LISTED} more` : '';
    super(
      `the loss is ${loss} at update ${step + 1} (epoch ${epoch + 1}), on the batch of the examples ` +
        `${indices.slice(0, LISTED).join(', ')}${rest}. Look for bad values in these examples, or train with a lower ` +
        'learning rate or with maxGradNorm',
    );
    this.loss = loss;
    this.step = step;
    this.epoch = epoch;
    this.indices = indices;
  }
}
