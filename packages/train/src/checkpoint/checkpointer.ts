import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DamagedFileError, writeFileAtomically } from '@fin/files';
import type { Module } from '@fin/runtime';
import type { EarlyStoppingState } from '../fit/early-stopping.js';
import type { EvaluationRecord } from '../fit/fit-events.js';
import type { LossLogState } from '../fit/loss-log.js';
import type { WeightAverage } from '../fit/weight-average.js';
import type { Optimizer } from '../optimizer/optimizer.js';
import { loadWeights } from '../weights/load-weights.js';
import { saveWeights } from '../weights/save-weights.js';
import type { CheckpointOptions, Resumable } from './checkpoint-options.js';
import { CheckpointStore } from './checkpoint-store.js';
import { describeDifference } from './describe-difference.js';
import { CheckpointMismatchError, CheckpointsExistError } from './errors.js';
import { readTensors, writeTensors } from './tensor-files.js';

const FORMAT = 'fin-checkpoint';
const VERSION = 1;

const WEIGHTS = 'weights.safetensors';
const OPTIMIZER = 'optimizer.safetensors';
const AVERAGE = 'average.safetensors';
const STATE = 'state.json';

/** What the loop itself remembers: plain data. */
export interface Progress {
  /** Updates done. */
  readonly step: number;
  readonly losses: LossLogState;
  readonly epochLosses: readonly number[];
  readonly evaluations: readonly EvaluationRecord[];
  readonly earlyStopping: EarlyStoppingState | null;
}

/** `state.json` of a checkpoint. */
interface SavedState {
  readonly format: string;
  readonly version: number;
  readonly settings: unknown;
  readonly progress: Progress;
  readonly optimizerCounters: Readonly<Record<string, number>>;
  readonly states: Readonly<Record<string, unknown>>;
}

/** What a checkpoint is made of, and goes back to. */
export interface Checkpointed {
  readonly model: Module;
  /** The part of the model that is trained. */
  readonly trained: Module;
  readonly optimizer: Optimizer;
  /** Null when no average is kept. */
  readonly average: WeightAverage | null;
  /** What must be the same when the run goes on. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/**
 * Writes the checkpoints of one run and finds the one to go on from.
 *
 * ```
 * step-00000040/  weights.safetensors    what the optimizer trains (all parameters, if asked)
 *                 optimizer.safetensors  its tensors
 *                 average.safetensors    the parameters' moving averages, if such are kept
 *                 state.json             settings, place in the run, losses, early stopping, the optimizer's numbers, your states
 *                 manifest.json          sizes and sha256, written last
 * ```
 */
export class Checkpointer {
  readonly #options: CheckpointOptions;
  readonly #subject: Checkpointed;
  readonly #store: CheckpointStore;
  /** Of each checkpoint that is there: the checkpoint that holds its best weights. */
  readonly #bestOf = new Map<number, number | null>();

  private constructor(options: CheckpointOptions, subject: Checkpointed, store: CheckpointStore) {
    this.#options = options;
    this.#subject = subject;
    this.#store = store;
  }

  static async open(options: CheckpointOptions, subject: Checkpointed): Promise<Checkpointer> {
    return new Checkpointer(options, subject, await CheckpointStore.open(options.dir));
  }

  /**
   * Puts everything back as it was at the newest checkpoint.
   *
   * @returns null when there is none
   * @throws {DamagedFileError} naming the damaged file
   * @throws {CheckpointMismatchError} naming what differs
   * @throws {CheckpointsExistError} when the run was to begin and there are checkpoints
   */
  async resume(): Promise<Progress | null> {
    const { resume = false, dir } = this.#options;
    const steps = await this.#store.steps();
    if (steps.length > 0 && !resume) throw new CheckpointsExistError(dir);
    let restored: Progress | null = null;
    for (const step of steps) {
      const saved = restored ? await this.#peek(step) : await this.#read(step);
      if (saved === null) continue;
      this.#bestOf.set(step, bestStep(saved.progress));
      restored ??= await this.#restore(step, saved);
    }
    return restored;
  }

  /** Puts the weights that a checkpoint was written at into the model. */
  async loadWeights(step: number): Promise<void> {
    await loadWeights(this.#saved(), join(this.#store.path(step), WEIGHTS));
  }

  /** Puts the weights that were evaluated at a checkpoint into the model: the averages, where such are kept. */
  async loadEvaluatedWeights(step: number): Promise<void> {
    if (!this.#subject.average) return this.loadWeights(step);
    await loadWeights(this.#subject.trained, join(this.#store.path(step), AVERAGE));
  }

  /** Writes a checkpoint and deletes those that are no longer to be kept. */
  async write(progress: Progress): Promise<void> {
    const { optimizer, average, settings } = this.#subject;
    await this.#store.write(progress.step, async (folder) => {
      await saveWeights(this.#saved(), join(folder, WEIGHTS));
      const { counters, tensors } = await optimizer.readState();
      await writeTensors(join(folder, OPTIMIZER), tensors);
      if (average) await writeTensors(join(folder, AVERAGE), await average.read());
      const states = Object.fromEntries(this.#states().map(([name, resumable]) => [name, resumable.state()]));
      const state: SavedState = {
        format: FORMAT,
        version: VERSION,
        settings,
        progress,
        optimizerCounters: counters,
        states,
      };
      await writeFileAtomically(join(folder, STATE), `${JSON.stringify(state, null, 2)}\n`);
    });
    this.#bestOf.set(progress.step, bestStep(progress));
    await this.#prune(progress.step);
  }

  async close(): Promise<void> {
    await this.#store.close();
  }

  /** The state of a checkpoint that is whole, and so is the one with its best weights; null for one that may be passed over. */
  async #read(step: number): Promise<SavedState | null> {
    try {
      await this.#store.verify(step);
      const saved = await readState(this.#store.path(step));
      const best = bestStep(saved.progress);
      if (best !== null && best !== step) await this.#store.verify(best);
      return saved;
    } catch (error) {
      if (error instanceof DamagedFileError && this.#options.resume === 'lastGood') return null;
      throw error;
    }
  }

  /** The state of a checkpoint that is not needed now, if it can be read. */
  async #peek(step: number): Promise<SavedState | null> {
    return readState(this.#store.path(step)).catch(() => null);
  }

  async #restore(step: number, saved: SavedState): Promise<Progress> {
    const difference = describeDifference(saved.settings, this.#subject.settings);
    if (difference) throw new CheckpointMismatchError(this.#options.dir, difference);
    await this.loadWeights(step);
    const tensors = await readTensors(join(this.#store.path(step), OPTIMIZER));
    this.#subject.optimizer.restoreState({ counters: saved.optimizerCounters, tensors });
    this.#subject.average?.restore(await readTensors(join(this.#store.path(step), AVERAGE)));
    for (const [name, resumable] of this.#states()) resumable.restore(saved.states[name]);
    return saved.progress;
  }

  /**
   * Keeps the newest ones and those that hold the best weights of these. Later ones than the one just written are of a course
   * that was given up, because they were damaged.
   */
  async #prune(newest: number): Promise<void> {
    const steps = await this.#store.steps();
    const last = steps.filter((step) => step <= newest).slice(0, this.#options.keepLast ?? 2);
    const keep = new Set([...last, ...last.map((step) => this.#bestOf.get(step))]);
    for (const step of steps) {
      if (keep.has(step)) continue;
      await this.#store.remove(step);
      this.#bestOf.delete(step);
    }
  }

  #saved(): Module {
    const { model, trained } = this.#subject;
    return this.#options.frozenToo ? model : trained;
  }

  #states(): [string, Resumable][] {
    return Object.entries(this.#options.states ?? {});
  }
}

async function readState(folder: string): Promise<SavedState> {
  const path = join(folder, STATE);
  const state = JSON.parse(await readFile(path, 'utf8')) as SavedState;
  if (state.format === FORMAT && state.version === VERSION) return state;
  throw new DamagedFileError(path, `it is not of a checkpoint of version ${VERSION}`);
}

function bestStep(progress: Progress): number | null {
  return progress.earlyStopping?.best?.step ?? null;
}
