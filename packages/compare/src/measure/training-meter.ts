import { availableParallelism } from 'node:os';
import process from 'node:process';
import type { Module } from '@fin/runtime';
import { storedBytes } from '@fin/runtime';
import type { FitEvent } from '@fin/train';
import type { EpochLosses, TrainingCost } from '../results/measurement.js';
import { GpuSampler } from './gpu-sampler.js';
import { peakResidentBytes } from './process-memory.js';
import { TensorPeak } from './tensor-peak.js';

/** First updates of a process that are not timed: they allocate memory and fill caches. */
const WARM_UP = 2;

/** What the events do not tell. */
export interface TrainingFacts {
  /** Headlines or sentences of a mean update. */
  readonly texts: number;
  /** Real tokens of a mean update, special ones included. */
  readonly tokens: number;
  readonly model: Module;
}

/**
 * Measures the cost of training from the events of `fit`, and keeps the losses of its epochs. Make it before the model is loaded, so that the model's tensors count.
 *
 * ```
 * first updates: not timed │ update │ update │ … │ epoch: peak memory │ evaluation: not timed │ update │ …
 * ```
 */
export class TrainingMeter {
  readonly #tensors = new TensorPeak();
  readonly #gpu = new GpuSampler();
  readonly #epochs: EpochLosses[] = [];
  #peaks: Pick<TrainingCost, 'peakMemoryBytes' | 'peakTensorBytes'> | null = null;
  #optimizerBytes = 0;
  #updatesPerEpoch = 1;
  #skipped = WARM_UP;
  #updates = 0;
  #milliseconds = 0;
  #processorMicroseconds = 0;
  #mark = 0;
  #processorMark = process.cpuUsage();

  /** Sees an event of `fit`. */
  see(event: FitEvent): void {
    if (event.type === 'start') {
      this.#updatesPerEpoch = event.stepsPerEpoch;
      this.#skipped = Math.min(WARM_UP, event.totalSteps - 1);
    }
    if (event.type === 'step') this.#count();
    if (event.type === 'epoch') {
      this.#epochs.push({ epoch: event.epoch, trainLoss: event.loss, validationLoss: null });
    }
    const last = this.#epochs.at(-1);
    if (event.type === 'evaluation' && last) {
      this.#epochs.splice(-1, 1, { ...last, validationLoss: event.metrics.loss ?? null });
    }
    if (event.type === 'end') this.#optimizerBytes = event.optimizerBytes;
    if (event.type === 'epoch' || event.type === 'end') this.#readPeaks();
    if (event.type !== 'log') this.#begin();
  }

  /** Losses of the epochs so far. */
  get epochs(): readonly EpochLosses[] {
    return this.#epochs;
  }

  /** Ends the measurement. */
  async end({ texts, tokens, model }: TrainingFacts): Promise<TrainingCost> {
    this.#readPeaks();
    const updatesPerEpoch = this.#updatesPerEpoch;
    const seconds = this.#milliseconds / 1000;
    const updatesPerSecond = this.#updates / seconds;
    return {
      updates: this.#updates,
      updatesPerEpoch,
      epochSeconds: updatesPerEpoch / updatesPerSecond,
      headlinesPerSecond: texts * updatesPerSecond,
      tokensPerSecond: tokens * updatesPerSecond,
      utilization: this.#processorMicroseconds / 1e6 / (seconds * availableParallelism()),
      ...this.#peaks!,
      weightBytes: [...model.namedParameters().values()].reduce((sum, one) => sum + storedBytes(one), 0),
      optimizerBytes: this.#optimizerBytes,
      gpu: await this.#gpu.end(),
    };
  }

  #count(): void {
    if (this.#skipped > 0) {
      this.#skipped--;
      return;
    }
    const { user, system } = process.cpuUsage(this.#processorMark);
    this.#updates++;
    this.#milliseconds += performance.now() - this.#mark;
    this.#processorMicroseconds += user + system;
  }

  /** An update, or something that is not timed, begins. */
  #begin(): void {
    this.#mark = performance.now();
    this.#processorMark = process.cpuUsage();
  }

  #readPeaks(): void {
    this.#peaks ??= { peakMemoryBytes: peakResidentBytes(), peakTensorBytes: this.#tensors.end() };
  }
}
