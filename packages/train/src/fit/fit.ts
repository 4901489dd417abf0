import { setImmediate } from 'node:timers/promises';
import type { ProcessGroup } from '@fin/parallel';
import { LostRankError, singleProcess } from '@fin/parallel';
import type { Module } from '@fin/runtime';
import type { CheckpointOptions } from '../checkpoint/checkpoint-options.js';
import { Checkpointer } from '../checkpoint/checkpointer.js';
import type { EvaluationRecord, Progress } from '../checkpoint/saved-state.js';
import { MAX_NORM } from '../clip-by-global-norm.js';
import { TrainInputError } from '../errors.js';
import type { Optimizer } from '../optimizer/optimizer.js';
import type { Range } from '../ranges.js';
import { LEARNING_RATE_LIMIT, orInfinity, requireInRange, wholeNumber } from '../ranges.js';
import type { Schedule } from '../schedules.js';
import { constantSchedule } from '../schedules.js';
import { EarlyStopping } from './early-stopping.js';
import type { EndReason, FitEvent, FitResult, Metrics } from './fit-events.js';
import type { EvaluationContext, FitOptions, GradientScaler } from './fit-options.js';
import { LossLog } from './loss-log.js';
import type { RunShape, UpdatePlan } from './plan-epoch.js';
import { checkShape, planEpoch, stepsPerEpoch, totalSteps } from './plan-epoch.js';
import {
  broadcastOptimizer,
  broadcastStates,
  broadcastTensors,
  broadcastWeights,
  requireSameSettings,
  requireSameWeights,
} from './ranks.js';
import { runSettings } from './run-settings.js';
import type { UpdatePlace } from './updater.js';
import { Updater } from './updater.js';
import { BestWeights, WeightAverage } from './weight-copies.js';

/** Maximum share of the time for checkpoints that `everySeconds` causes. */
const CHECKPOINT_SHARE = 0.02;

/**
 * Trains a model.
 *
 * ```
 * for each epoch: shuffle ── for each update: batches ── loss, gradients ── sum ── clip ── optimizer at the schedule's rate ── step
 *                              │                └ the next one is made ahead            └ every logEvery: read the losses ── log
 *                              └ after an epoch, or every evaluateEvery updates: evaluate ── best so far: keep the weights
 *                                                                                         └ out of patience: end
 *                                   every checkpoints.every updates, at the best evaluation, at the end: checkpoint
 * at the end: the best weights go back into the model
 * ```
 *
 * With a group of processes, each computes its share of every batch; their gradients are added up before clipping.
 *
 * An update reads nothing from the device, unless there are several processes, or a gradient scaler checks whether the gradients are
 * finite. Losses are read together when they are logged; a NaN is noticed then. When the run ends with an error, the model has the
 * weights of the last update.
 *
 * @throws {NonFiniteLossError} when the loss is NaN or infinite, naming the batch
 * @throws {GradientOverflowError} when a gradient is not finite at any loss scale, naming the parameter
 * @throws {TrainInputError} when a setting is invalid, or the run cannot be resumed from the existing checkpoints
 * @throws {FolderLockedError} when another process writes to the same checkpoints
 * @throws {LostRankError} when a process of the group has ended; rank 0 has written a checkpoint of the last complete update
 * @throws {RanksDifferError} when the processes of the group have other settings or weights, naming the difference
 */
export async function fit<Batch>(options: FitOptions<Batch>): Promise<FitResult> {
  const run = new Run(options);
  let result: FitResult;
  try {
    await run.resume();
    result = await run.train();
    options.onEvent?.({ type: 'end', ...result });
  } catch (error) {
    await run.dispose().catch(() => {}); // the first error is the cause
    throw error;
  }
  await run.dispose();
  return result;
}

class Run<Batch> {
  readonly #options: FitOptions<Batch>;
  readonly #group: ProcessGroup;
  readonly #shape: RunShape;
  readonly #totalSteps: number;
  readonly #stepsPerEpoch: number;
  readonly #schedule: Schedule;
  readonly #losses: LossLog = new LossLog();
  readonly #updater: Updater<Batch>;
  readonly #trained: Module;
  readonly #best: BestWeights;
  readonly #earlyStopping: EarlyStopping | null;
  readonly #average: WeightAverage | null;
  #checkpointer: Checkpointer | null = null;
  /** Last checkpoint: its step (0 = none), finish time and duration. */
  #checkpointed = { step: 0, time: 0, seconds: 0 };
  #epochLosses: readonly number[] = [];
  #evaluations: readonly EvaluationRecord[] = [];
  #step = 0;
  #lastLoss: number | null = null;
  #started = { time: 0, step: 0 };
  /** Time of the last log event, and the examples since. */
  #logged = { time: 0, examples: 0 };
  /** Whether to stop before the next update, and to write a checkpoint after the last one: agreed by all processes. */
  #agreed = { stop: false, checkpoint: false };

  constructor(options: FitOptions<Batch>) {
    this.#options = options;
    this.#group = options.group ?? singleProcess;
    this.#shape = checkShape({
      size: options.data.size,
      batchSize: options.batchSize,
      gradientAccumulationSteps: options.gradientAccumulationSteps ?? 1,
      epochs: options.epochs ?? Number.POSITIVE_INFINITY,
      maxSteps: options.maxSteps ?? Number.POSITIVE_INFINITY,
    });
    checkIntervals(options);
    this.#totalSteps = totalSteps(this.#shape);
    this.#stepsPerEpoch = stepsPerEpoch(this.#shape);
    this.#schedule = options.schedule?.({ totalSteps: this.#totalSteps }) ?? constantSchedule();
    this.#updater = new Updater(options, this.#losses);
    this.#trained = trainedPart(options.model, options.optimizer);
    this.#best = new BestWeights(this.#trained);
    this.#earlyStopping = options.earlyStopping ? new EarlyStopping(options.earlyStopping) : null;
    const { averageDecay } = options;
    this.#average =
      averageDecay === undefined ? null : new WeightAverage(this.#trained.namedParameters(), averageDecay);
    if (this.#earlyStopping && !options.evaluate) {
      throw new TrainInputError('earlyStopping compares the metrics of evaluate(): give both, or neither');
    }
  }

  /** Restores the newest checkpoint, if requested and present: rank 0 reads it and gives it to the others. */
  async resume(): Promise<void> {
    const { checkpoints: given, model, optimizer, gradientScaler } = this.#options;
    const group = this.#group;
    const alone = group.worldSize === 1;
    if (!given && alone) return;
    const settings = runSettings(this.#options, this.#shape, this.#schedule, this.#totalSteps);
    await requireSameSettings(group, settings);
    const checkpoints = given && withScalerState(given, gradientScaler);
    if (checkpoints && group.rank === 0) {
      this.#checkpointer = await Checkpointer.open(checkpoints, {
        model,
        trained: this.#trained,
        optimizer,
        average: this.#average,
        settings,
      });
    }
    const progress = await group.broadcastValue((await this.#checkpointer?.resume()) ?? null);
    if (!progress) return requireSameWeights(group, this.#trained, 'at the start');
    if (!alone) {
      await broadcastWeights(group, checkpoints?.frozenToo ? model : this.#trained);
      await broadcastOptimizer(group, optimizer);
      const average = this.#average && (await broadcastTensors(group, await this.#average.read()));
      if (average && group.rank > 0) this.#average?.restore(average);
      await broadcastStates(group, checkpoints?.states ?? {});
    }
    this.#step = progress.step;
    this.#checkpointed = { ...this.#checkpointed, step: progress.step };
    this.#losses.restore(progress.losses);
    this.#epochLosses = progress.epochLosses;
    this.#evaluations = progress.evaluations;
    const { earlyStopping } = progress;
    if (!earlyStopping?.best) return;
    this.#earlyStopping?.restore(earlyStopping);
    await this.#checkpointer?.loadEvaluatedWeights(earlyStopping.best.step);
    await broadcastWeights(group, this.#trained);
    this.#best.keep();
    await this.#checkpointer?.loadWeights(progress.step);
    await broadcastWeights(group, this.#trained);
  }

  async train(): Promise<FitResult> {
    const [totalSteps, stepsPerEpoch] = [this.#totalSteps, this.#stepsPerEpoch];
    this.#started = { time: performance.now(), step: this.#step };
    this.#checkpointed = { ...this.#checkpointed, time: this.#started.time };
    this.#logged = { time: this.#started.time, examples: 0 };
    this.#tell({ type: 'start', step: this.#step, totalSteps, stepsPerEpoch });
    if (this.#group.worldSize > 1) {
      const [stop] = await this.#group.allReduceNumbers([Number(this.#aborted)]);
      this.#agreed = { stop: stop > 0, checkpoint: false };
    }
    const reason = this.#earlyStopping?.exhausted ? 'earlyStopping' : await this.#epochs();
    if (this.#checkpointed.step !== this.#step) await this.#checkpoint();
    if (!this.#options.checkpoints) await requireSameWeights(this.#group, this.#trained, 'at the end');
    const best = this.#earlyStopping?.state.best ?? null;
    if (best) this.#best.restore();
    else this.#average?.swap();
    return {
      reason,
      steps: this.#step,
      epochs: this.#epoch,
      epochLosses: this.#epochLosses,
      evaluations: this.#evaluations,
      best,
      optimizerBytes: this.#options.optimizer.stateBytes(),
    };
  }

  async dispose(): Promise<void> {
    try {
      await this.#updater.dispose();
    } finally {
      this.#losses.dispose();
      this.#best.dispose();
      this.#average?.dispose();
      await this.#checkpointer?.close();
    }
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

  /** @returns why the run ends early, or null */
  async #updates(plan: readonly UpdatePlan[], epoch: number): Promise<EndReason | null> {
    const start = performance.now();
    for (let index = this.#step % this.#stepsPerEpoch; index < plan.length; index++) {
      if (this.#step >= this.#totalSteps) return null;
      await setImmediate(); // lets signals and timers run: native ops never yield
      if (this.#group.worldSize > 1 ? this.#agreed.stop : this.#aborted) return 'aborted';
      const place = { step: this.#step, epoch };
      const rate = this.#learningRate(this.#step);
      await this.#update(plan[index], place, rate, plan[index + 1]?.[0]);
      this.#average?.update();
      this.#step++;
      const epochDone = index === plan.length - 1;
      await this.#report(epochDone);
      if (epochDone) this.#tellEpoch(epoch, start);
      const improved = await this.#evaluateIfDue();
      await this.#checkpointIfDue(improved);
      if (this.#earlyStopping?.exhausted) return 'earlyStopping';
    }
    return null;
  }

  async #update(
    plan: UpdatePlan,
    place: UpdatePlace,
    rate: number,
    next: Int32Array | undefined,
  ): Promise<void> {
    const wishes = [Number(this.#aborted), Number(this.#group.rank === 0 && this.#isLate)];
    try {
      const outcome = await this.#updater.update(plan, place, rate, next, wishes);
      this.#logged.examples += outcome.examples;
      const [stop, checkpoint] = outcome.wishes;
      this.#agreed = { stop: stop > 0, checkpoint: checkpoint > 0 };
    } catch (error) {
      await this.#saveForLostRank(error); // the update has changed nothing yet
      throw error;
    }
  }

  get #aborted(): boolean {
    return this.#options.signal?.aborted ?? false;
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
    await this.#losses.read();
    const loss = this.#losses.takeWindow();
    const { gradNorm: norm } = this.#updater;
    const gradNorm = norm ? (await norm.data())[0] : null;
    const [step, epoch, learningRate] = [this.#step, this.#epoch, this.#learningRate(this.#step - 1)];
    const examplesPerSecond = this.#logged.examples / secondsSince(this.#logged.time);
    this.#logged = { time: performance.now(), examples: 0 };
    this.#lastLoss = loss;
    const scaling = this.#updater.takeScaling();
    this.#tell({ type: 'log', step, epoch, loss, learningRate, gradNorm, ...scaling, examplesPerSecond });
  }

  #tellEpoch(epoch: number, start: number): void {
    const loss = this.#losses.takeEpoch();
    this.#epochLosses = [...this.#epochLosses, loss];
    this.#tell({ type: 'epoch', epoch: epoch + 1, step: this.#step, loss, seconds: secondsSince(start) });
  }

  /** @returns whether there was an evaluation and it is the best so far */
  async #evaluateIfDue(): Promise<boolean> {
    const { evaluate, evaluateEvery = this.#stepsPerEpoch } = this.#options;
    if (!evaluate || (this.#step % evaluateEvery !== 0 && this.#step !== this.#totalSteps)) return false;
    const start = performance.now();
    const place = { step: this.#step, epoch: this.#epoch };
    let record: EvaluationRecord;
    let improved: boolean | null;
    this.#average?.swap();
    try {
      record = { ...place, metrics: await this.#evaluate(evaluate, place) };
      this.#evaluations = [...this.#evaluations, record];
      improved = this.#earlyStopping?.see(record) ?? null;
      if (improved) this.#best.keep();
    } finally {
      this.#average?.swap();
    }
    this.#tell({ type: 'evaluation', ...record, improved });
    this.#logged.time += performance.now() - start; // not part of the training speed
    return improved ?? false;
  }

  /** Metrics of the model: rank 0 measures them, and the other ranks get them from it. */
  async #evaluate(
    evaluate: (context: EvaluationContext) => Metrics | Promise<Metrics>,
    place: EvaluationContext,
  ): Promise<Metrics> {
    if (this.#group.rank > 0) return this.#group.broadcastValue({});
    const metrics = await evaluate(place);
    await this.#group.broadcastValue(metrics).catch((error: unknown) => {
      // The evaluation belongs into the checkpoint that is written for a lost rank, at the next thing to do together.
      if (!(error instanceof LostRankError)) throw error;
    });
    return metrics;
  }

  async #checkpointIfDue(improved: boolean): Promise<void> {
    const { every = this.#stepsPerEpoch } = this.#options.checkpoints ?? {};
    const late = this.#group.worldSize > 1 ? this.#agreed.checkpoint : this.#isLate;
    if (improved || late || this.#step % every === 0) await this.#checkpoint();
  }

  /** Whether the last checkpoint is so old that another one is due. */
  get #isLate(): boolean {
    const { everySeconds = Number.POSITIVE_INFINITY } = this.#options.checkpoints ?? {};
    const { time, seconds } = this.#checkpointed;
    return secondsSince(time) >= Math.max(everySeconds, seconds / CHECKPOINT_SHARE);
  }

  async #checkpoint(): Promise<void> {
    if (!this.#options.checkpoints) return;
    try {
      await requireSameWeights(this.#group, this.#trained, `after update ${this.#step}`);
    } catch (error) {
      await this.#saveForLostRank(error);
      throw error;
    }
    await this.#writeCheckpoint();
  }

  /** Writes a checkpoint if the error is that a rank is lost, between two updates. That it may fail matters less than the loss. */
  async #saveForLostRank(error: unknown): Promise<void> {
    if (!(error instanceof LostRankError) || this.#checkpointed.step === this.#step) return;
    await this.#writeCheckpoint().catch(() => {});
  }

  async #writeCheckpoint(): Promise<void> {
    const start = performance.now();
    await this.#losses.read(); // throws on a NaN, which must not go into a checkpoint
    const progress: Progress = {
      step: this.#step,
      losses: this.#losses.state,
      epochLosses: this.#epochLosses,
      evaluations: this.#evaluations,
      earlyStopping: this.#earlyStopping?.state ?? null,
    };
    await this.#checkpointer?.write(progress);
    const seconds = secondsSince(start);
    this.#checkpointed = { step: this.#step, time: performance.now(), seconds };
    this.#tell({ type: 'checkpoint', step: this.#step, epoch: this.#epoch, seconds });
    this.#logged.time += performance.now() - start;
  }

  /** Epochs so far, with fractions. */
  get #epoch(): number {
    return this.#step / this.#stepsPerEpoch;
  }

  #learningRate(step: number): number {
    const factor = this.#schedule(step);
    const rate = this.#options.optimizer.learningRate * factor;
    if (rate >= 0 && rate <= LEARNING_RATE_LIMIT) return rate;
    throw new TrainInputError(
      `the schedule returned the factor ${factor} for update ${step + 1}, which makes the learning rate ${rate}; it must be from 0 to ${LEARNING_RATE_LIMIT}`,
    );
  }

  #tell(event: FitEvent): void {
    this.#options.onEvent?.(event);
  }
}

function secondsSince(time: number): number {
  return (performance.now() - time) / 1000;
}

const INTERVAL: Range = wholeNumber(1, 1e9);
const SECONDS: Range = { rule: '0 or more seconds', holds: (value) => value >= 0 };

function checkIntervals<Batch>({
  logEvery = 10,
  evaluateEvery = 1,
  maxGradNorm = 1,
  checkpoints,
}: FitOptions<Batch>): void {
  requireInRange('logEvery', logEvery, INTERVAL);
  requireInRange('evaluateEvery', evaluateEvery, INTERVAL);
  requireInRange('maxGradNorm', maxGradNorm, MAX_NORM);
  requireInRange('checkpoints.every', checkpoints?.every ?? 1, orInfinity(INTERVAL));
  requireInRange('checkpoints.everySeconds', checkpoints?.everySeconds ?? 1, SECONDS);
  requireInRange('checkpoints.keepLast', checkpoints?.keepLast ?? 2, wholeNumber(1, 1e6));
}

/**
 * The part of a model that an optimizer trains, even if currently frozen.
 *
 * @throws {TrainInputError} when the optimizer trains a parameter outside the model
 */
function trainedPart(model: Module, optimizer: Optimizer): Module {
  const trained = new Set(optimizer.parameters.values());
  const parameters = new Map([...model.namedParameters()].filter(([, variable]) => trained.has(variable)));
  if (parameters.size < trained.size) {
    const own = new Set(parameters.values());
    const strangers = [...optimizer.parameters]
      .filter(([, variable]) => !own.has(variable))
      .map(([name]) => name);
    throw new TrainInputError(
      `the optimizer trains parameters that are not part of the model: ${strangers.join(', ')}`,
    );
  }
  return { namedParameters: () => parameters };
}

/** Adds the state of an enabled gradient scaler to those saved in checkpoints. */
function withScalerState(options: CheckpointOptions, scaler: GradientScaler | undefined): CheckpointOptions {
  if (!scaler?.enabled) return options;
  const gradientScaler = {
    state: () => scaler.stateDict(),
    restore: (state: unknown) => scaler.loadStateDict(state),
  };
  return { ...options, states: { ...options.states, gradientScaler } };
}
