import { setImmediate } from 'node:timers/promises';
import { TrainInputError } from '../errors.js';
import { constantSchedule } from '../schedule/constant-schedule.js';
import type { Schedule } from '../schedule/schedule.js';
import { BestWeights } from './best-weights.js';
import { EarlyStopping } from './early-stopping.js';
import type { EndReason, EvaluationRecord, FitEvent, FitResult } from './fit-events.js';
import type { FitOptions } from './fit-options.js';
import { LossLog } from './loss-log.js';
import type { RunShape, UpdatePlan } from './plan-epoch.js';
import { checkShape, planEpoch, stepsPerEpoch, totalSteps } from './plan-epoch.js';
import { Updater } from './updater.js';

/**
 * Trains a model.
 *
 * ```
 * for each epoch: shuffle ── for each update: batches ── loss, gradients ── sum ── clip ── optimizer at the schedule's rate ── step
 *                              │                └ the next one is made ahead            └ every logEvery: read the losses ── log
 *                              └ after an epoch, or every evaluateEvery updates: evaluate ── best so far: keep the weights
 *                                                                                         └ out of patience: end
 * at the end: the best weights go back into the model
 * ```
 *
 * Nothing is read from the device inside an update; losses are read together when they are logged, and that is when a NaN
 * is noticed.
 *
 * @throws {NonFiniteLossError} naming the batch when the loss is NaN or infinite
 * @throws {TrainInputError} when a setting is impossible
 */
export async function fit<Batch>(options: FitOptions<Batch>): Promise<FitResult> {
  const run = new Run(options);
  try {
    const result = await run.train();
    options.onEvent?.({ type: 'end', ...result });
    return result;
  } finally {
    await run.dispose();
  }
}

class Run<Batch> {
  readonly #options: FitOptions<Batch>;
  readonly #shape: RunShape;
  readonly #totalSteps: number;
  readonly #stepsPerEpoch: number;
  readonly #schedule: Schedule;
  readonly #losses: LossLog = new LossLog();
  readonly #updater: Updater<Batch>;
  readonly #best: BestWeights;
  readonly #earlyStopping: EarlyStopping | null;
  readonly #epochLosses: number[] = [];
  readonly #evaluations: EvaluationRecord[] = [];
  #step = 0;
  #lastLoss: number | null = null;
  #logTime = 0;
  #started = { time: 0, step: 0 };

  constructor(options: FitOptions<Batch>) {
    this.#options = options;
    this.#shape = checkShape({
      size: options.data.size,
      batchSize: options.batchSize,
      gradientAccumulationSteps: options.gradientAccumulationSteps ?? 1,
      epochs: options.epochs,
      maxSteps: options.maxSteps ?? Number.POSITIVE_INFINITY,
    });
    this.#totalSteps = totalSteps(this.#shape);
    this.#stepsPerEpoch = stepsPerEpoch(this.#shape);
    this.#schedule = options.schedule?.({ totalSteps: this.#totalSteps }) ?? constantSchedule();
    this.#updater = new Updater(options, this.#losses);
    this.#best = new BestWeights(options.model);
    this.#earlyStopping = options.earlyStopping ? new EarlyStopping(options.earlyStopping) : null;
    if (this.#earlyStopping && !options.evaluate) {
      throw new TrainInputError('early stopping needs evaluate(), whose metrics it compares');
    }
  }

  async train(): Promise<FitResult> {
    const [totalSteps, stepsPerEpoch] = [this.#totalSteps, this.#stepsPerEpoch];
    this.#started = { time: performance.now(), step: this.#step };
    this.#logTime = this.#started.time;
    this.#tell({ type: 'start', step: this.#step, totalSteps, stepsPerEpoch, epochs: this.#shape.epochs });
    const reason = await this.#epochs();
    this.#best.restore();
    return {
      reason,
      steps: this.#step,
      epochs: this.#epoch,
      epochLosses: this.#epochLosses,
      evaluations: this.#evaluations,
      best: this.#earlyStopping?.state.best ?? null,
    };
  }

  async dispose(): Promise<void> {
    await this.#updater.dispose();
    this.#losses.dispose();
    this.#best.dispose();
  }

  async #epochs(): Promise<EndReason> {
    const { random, shuffle = true } = this.#options;
    while (this.#step < this.#totalSteps) {
      const epoch = Math.floor(this.#step / this.#stepsPerEpoch);
      const reason = await this.#updates(planEpoch(this.#shape, epoch, random, shuffle), epoch);
      if (reason) return reason;
    }
    return 'completed';
  }

  /** @returns why the run is to end before its time, or null */
  async #updates(plan: readonly UpdatePlan[], epoch: number): Promise<EndReason | null> {
    const start = performance.now();
    for (let index = this.#step % this.#stepsPerEpoch; index < plan.length; index++) {
      if (this.#step >= this.#totalSteps) return null;
      await setImmediate(); // signals and timers have their turn here: native ops never yield
      if (this.#options.signal?.aborted) return 'aborted';
      await this.#updater.update(
        plan[index],
        { step: this.#step, epoch },
        this.#learningRate(this.#step),
        plan[index + 1]?.[0],
      );
      this.#step++;
      const epochDone = index === plan.length - 1;
      await this.#report(epochDone);
      if (epochDone) this.#tellEpoch(epoch, start);
      if (await this.#evaluateIfDue()) return 'earlyStopping';
    }
    return null;
  }

  async #report(epochDone: boolean): Promise<void> {
    const { logEvery = 10 } = this.#options;
    if (this.#step % logEvery === 0 || epochDone || this.#step === this.#totalSteps) await this.#log();
    const [step, totalSteps, epoch, loss] = [this.#step, this.#totalSteps, this.#epoch, this.#lastLoss];
    const { time, step: first } = this.#started;
    const secondsLeft = (secondsSince(time) / (step - first)) * (totalSteps - step);
    this.#tell({ type: 'step', step, totalSteps, epoch, loss, secondsLeft });
  }

  async #log(): Promise<void> {
    const { loss, examples } = await this.#losses.read();
    const { gradNorm: norm } = this.#updater;
    const gradNorm = norm ? (await norm.data())[0] : null;
    const [step, epoch, learningRate] = [this.#step, this.#epoch, this.#learningRate(this.#step - 1)];
    const examplesPerSecond = examples / secondsSince(this.#logTime);
    this.#logTime = performance.now();
    this.#lastLoss = loss;
    this.#tell({ type: 'log', step, epoch, loss, learningRate, gradNorm, examplesPerSecond });
  }

  #tellEpoch(epoch: number, start: number): void {
    const loss = this.#losses.endEpoch();
    this.#epochLosses.push(loss);
    this.#tell({ type: 'epoch', epoch: epoch + 1, step: this.#step, loss, seconds: secondsSince(start) });
  }

  /** @returns whether the run is out of patience */
  async #evaluateIfDue(): Promise<boolean> {
    const { evaluate, evaluateEvery = this.#stepsPerEpoch } = this.#options;
    if (!evaluate || (this.#step % evaluateEvery !== 0 && this.#step !== this.#totalSteps)) return false;
    const place = { step: this.#step, epoch: this.#epoch };
    const start = performance.now();
    const record = { ...place, metrics: await evaluate(place) };
    this.#logTime += performance.now() - start; // not part of the training speed
    this.#evaluations.push(record);
    const improved = this.#earlyStopping?.see(record) ?? null;
    if (improved) this.#best.keep();
    this.#tell({ type: 'evaluation', ...record, improved });
    return this.#earlyStopping?.exhausted ?? false;
  }

  /** Epochs done, with fractions. */
  get #epoch(): number {
    return this.#step / this.#stepsPerEpoch;
  }

  #learningRate(step: number): number {
    return this.#options.optimizer.learningRate * this.#schedule(step);
  }

  #tell(event: FitEvent): void {
    this.#options.onEvent?.(event);
  }
}

function secondsSince(time: number): number {
  return (performance.now() - time) / 1000;
}
