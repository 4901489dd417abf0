import { join } from 'node:path';
import { DamagedFileError, writeFileAtomically } from '@fin/files';
import { openSafetensors, toFloat32, writeSafetensors } from '@fin/files/safetensors';
import type { Module } from '@fin/runtime';
import { TrainInputError } from '../errors.js';
import type { HostTensor, Optimizer } from '../optimizer/optimizer.js';
import { loadWeights, saveWeights } from '../weights.js';
import type { CheckpointOptions, Resumable } from './checkpoint-options.js';
import { CheckpointStore } from './checkpoint-store.js';
import type { Progress, SavedState } from './saved-state.js';
import { bestStep, describeDifference, formatState, readState } from './saved-state.js';

const WEIGHTS = 'weights.safetensors';
const OPTIMIZER = 'optimizer.safetensors';
const AVERAGE = 'average.safetensors';
const STATE = 'state.json';

/** Tensors that a checkpoint saves and restores. */
export interface SavedTensors {
  read(): Promise<ReadonlyMap<string, HostTensor>>;
  restore(tensors: ReadonlyMap<string, HostTensor>): void;
}

/** The parts of a run that a checkpoint saves and restores. */
export interface Checkpointed {
  readonly model: Module;
  /** The part of the model that is trained. */
  readonly trained: Module;
  readonly optimizer: Optimizer;
  /** Moving average of the weights; null if none is kept. */
  readonly average: SavedTensors | null;
  /** Settings that a resumed run must share. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/**
 * Writes the checkpoints of a run and finds the one to resume from.
 *
 * ```
 * step-00000040/  weights.safetensors    parameters that the optimizer trains (or all, if requested)
 *                 optimizer.safetensors  the optimizer's tensors
 *                 average.safetensors    moving averages of the parameters, if kept
 *                 state.json             settings, position in the run, losses, early stopping, the optimizer's numbers, states of the caller
 *                 manifest.json          sizes and sha256, written last
 * ```
 */
export class Checkpointer {
  readonly #options: CheckpointOptions;
  readonly #subject: Checkpointed;
  readonly #store: CheckpointStore;
  /** For each checkpoint, the one with the best weights up to it. */
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
   * Restores the newest checkpoint.
   *
   * @returns null if there is none
   * @throws {DamagedFileError} naming the damaged file
   * @throws {CheckpointMismatchError} naming the difference
   * @throws {CheckpointsExistError} when a new run meets existing checkpoints
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

  /** Loads the weights of a checkpoint into the model. */
  async loadWeights(step: number): Promise<void> {
    await loadWeights(this.#saved(), join(this.#store.path(step), WEIGHTS));
  }

  /** Loads the weights evaluated at a checkpoint into the model: the averages, if kept. */
  async loadEvaluatedWeights(step: number): Promise<void> {
    if (!this.#subject.average) return this.loadWeights(step);
    await loadWeights(this.#subject.trained, join(this.#store.path(step), AVERAGE));
  }

  /** Writes a checkpoint and deletes those no longer needed. */
  async write(progress: Progress): Promise<void> {
    const { optimizer, average, settings } = this.#subject;
    await this.#store.write(progress.step, async (folder) => {
      await saveWeights(this.#saved(), join(folder, WEIGHTS));
      const { counters, tensors } = await optimizer.readState();
      await writeTensors(join(folder, OPTIMIZER), tensors);
      if (average) await writeTensors(join(folder, AVERAGE), await average.read());
      const states = Object.fromEntries(this.#states().map(([name, resumable]) => [name, resumable.state()]));
      const state = formatState({ settings, progress, optimizerCounters: counters, states });
      await writeFileAtomically(join(folder, STATE), state);
    });
    this.#bestOf.set(progress.step, bestStep(progress));
    await this.#prune(progress.step);
  }

  async close(): Promise<void> {
    await this.#store.close();
  }

  /** State of an intact checkpoint whose best weights are intact, too; null for a damaged one that may be skipped. */
  async #read(step: number): Promise<SavedState | null> {
    try {
      await this.#store.verify(step);
      const saved = await readState(join(this.#store.path(step), STATE));
      const best = bestStep(saved.progress);
      if (best !== null && best !== step) await this.#store.verify(best);
      return saved;
    } catch (error) {
      if (error instanceof DamagedFileError && this.#options.resume === 'lastGood') return null;
      throw error;
    }
  }

  /** State of an older checkpoint, if readable. */
  async #peek(step: number): Promise<SavedState | null> {
    return readState(join(this.#store.path(step), STATE)).catch(() => null);
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
   * Keeps the newest checkpoints and those with their best weights, and deletes all others. Checkpoints of later steps than the
   * newest are deleted too: the run was resumed before them because one was damaged.
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

async function writeTensors(file: string, tensors: ReadonlyMap<string, HostTensor>): Promise<void> {
  await writeSafetensors(
    file,
    new Map(
      [...tensors].map(([name, { shape, data }]) => [
        name,
        { dtype: data instanceof Uint8Array ? 'U8' : 'F32', shape, data } as const,
      ]),
    ),
  );
}

async function readTensors(file: string): Promise<Map<string, HostTensor>> {
  const source = await openSafetensors(file);
  try {
    const tensors = new Map<string, HostTensor>();
    for (const name of source.names()) {
      const tensor = await source.read(name);
      const { shape, data } = tensor;
      tensors.set(name, { shape, data: data instanceof Uint8Array ? data : toFloat32(tensor) });
    }
    return tensors;
  } finally {
    await source.close();
  }
}

/** The checkpoints belong to a run with other settings or data. */
export class CheckpointMismatchError extends TrainInputError {
  readonly dir: string;

  /** @param difference the differences, as clauses */
  constructor(dir: string, difference: string) {
    super(
      `${dir} belongs to another run: ${difference}. Use the same settings, or start a new run in another folder`,
    );
    this.dir = dir;
  }
}

/** A new run would start in a folder that already holds checkpoints. */
export class CheckpointsExistError extends TrainInputError {
  readonly dir: string;

  constructor(dir: string) {
    super(`${dir} already holds checkpoints: resume from them, or start in another folder`);
    this.dir = dir;
  }
}
