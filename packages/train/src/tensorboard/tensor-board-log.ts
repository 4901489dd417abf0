import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { FileWriteError, temporaryPath } from '@fin/files';
import { TrainInputError } from '../errors.js';
import type { FitEvent } from '../fit/fit-events.js';
import type { EventContent } from './event-record.js';
import { eventRecord } from './event-record.js';
import { eventRecords } from './read-records.js';

/** Number of files so far. It makes names of the same process and second unique; TensorBoard reads every file it finds. */
let files = 0;

/** Every event file has this in its name; TensorBoard finds them by it. */
const EVENT_FILE = 'tfevents';

/** The run that is logged. */
export interface LoggedRun {
  /** Unique id, part of the names of its files. */
  readonly run: string;
  /** Updates before this log; above 0 in a resumed run. */
  readonly after: number;
}

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

  /**
   * Starts an event file in a folder, creating the folder if missing.
   *
   * @param logged for a run that may be resumed: points that it has logged after the checkpoint it resumes from are removed, since it
   *   logs them again. @default the folder may hold other files
   * @throws {TrainInputError} when the folder holds the log of another run
   */
  constructor(dir: string, logged: LoggedRun | null = null) {
    const seconds = Math.floor(Date.now() / 1000);
    const suffix = logged === null ? '' : `.${logged.run}`;
    this.#path = join(
      dir,
      `events.out.${EVENT_FILE}.${seconds}.${hostname()}.${process.pid}.${files++}${suffix}`,
    );
    if (logged) requireOwnLog(dir, logged.run);
    try {
      mkdirSync(dir, { recursive: true });
      if (logged) dropPointsAfter(dir, logged.after);
      this.#file = openSync(this.#path, 'ax');
    } catch (error) {
      throw new FileWriteError(this.#path, error);
    }
    try {
      this.#append({ fileVersion: 'brain.Event:2' });
      if (logged && logged.after > 0) this.#append({ step: logged.after + 1, sessionStart: true });
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

/**
 * Checks that a folder holds no log of another run, which TensorBoard would draw as the same line.
 *
 * @param run id of the run to log; null for one that has none yet
 * @throws {TrainInputError} naming the file
 */
export function requireOwnLog(dir: string, run: string | null): void {
  const stranger = eventFiles(dir).find((name) => run === null || !name.endsWith(`.${run}`));
  if (stranger === undefined) return;
  throw new TrainInputError(
    `${dir} holds the log of another run ("${stranger}"), and TensorBoard would draw both as one: choose another folder, or delete that file`,
  );
}

function eventFiles(dir: string): string[] {
  try {
    return readdirSync(dir).filter((name) => name.includes(EVENT_FILE) && !name.startsWith('.'));
  } catch {
    return []; // missing; whoever writes there says what else is wrong
  }
}

/** Shortens the event files in a folder. A process that is reading one keeps what it has opened. */
function dropPointsAfter(dir: string, step: number): void {
  for (const path of eventFiles(dir).map((name) => join(dir, name))) {
    const file = readFileSync(path);
    let end = 0;
    for (const record of eventRecords(file)) {
      if (record.step > step) break;
      end = record.end;
    }
    if (end === file.length) continue;
    const temporary = temporaryPath(path);
    writeFileSync(temporary, file.subarray(0, end), { flush: true });
    renameSync(temporary, path);
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
