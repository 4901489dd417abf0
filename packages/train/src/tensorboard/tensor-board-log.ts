import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { FileWriteError } from '@fin/files';
import type { FitEvent } from '../fit/fit-events.js';
import type { EventContent } from './event-record.js';
import { eventRecord } from './event-record.js';

/** Number of files so far. It makes names of the same process and second unique; TensorBoard reads every file it finds. */
let files = 0;

/**
 * Writes the events of `fit` to an event file for TensorBoard: `tensorboard --logdir DIR`.
 *
 * @example
 * const board = new TensorBoardLog(run.path('tensorboard'));
 * await fit({ …, onEvent: (event) => board.write(event) });
 * board.close();
 */
export class TensorBoardLog {
  readonly #path: string;
  readonly #file: number;

  /** Starts an event file in a folder, creating the folder if missing. */
  constructor(dir: string) {
    const seconds = Math.floor(Date.now() / 1000);
    this.#path = join(dir, `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${files++}`);
    try {
      mkdirSync(dir, { recursive: true });
      this.#file = openSync(this.#path, 'ax');
    } catch (error) {
      throw new FileWriteError(this.#path, error);
    }
    try {
      this.#append({ fileVersion: 'brain.Event:2' });
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  /** Adds the numbers of a `log`, `evaluation` or `epoch` event; other events have none. */
  write(event: FitEvent): void {
    if (event.type === 'end') return;
    for (const [tag, value] of Object.entries(numbersOf(event))) this.scalar(tag, value, event.step);
  }

  /** Adds one number. @param tag such as `train/loss` */
  scalar(tag: string, value: number, step: number): void {
    this.#append({ tag, value, step });
  }

  close(): void {
    closeSync(this.#file);
  }

  #append(content: EventContent): void {
    try {
      writeSync(this.#file, eventRecord(Date.now() / 1000, content));
    } catch (error) {
      throw new FileWriteError(this.#path, error);
    }
  }
}

function numbersOf(event: FitEvent): Record<string, number> {
  switch (event.type) {
    case 'log': {
      const { loss, learningRate, gradNorm, lossScale, examplesPerSecond } = event;
      return {
        'train/loss': loss,
        'train/learningRate': learningRate,
        'train/examplesPerSecond': examplesPerSecond,
        ...(gradNorm !== null && { 'train/gradNorm': gradNorm }),
        ...(lossScale !== null && { 'train/lossScale': lossScale }),
      };
    }
    case 'evaluation':
      return Object.fromEntries(
        Object.entries(event.metrics).map(([name, value]) => [`evaluation/${name}`, value]),
      );
    case 'epoch':
      return { 'train/epochLoss': event.loss };
    default:
      return {};
  }
}
