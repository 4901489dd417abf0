import { randomUUID } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { FolderLock } from '@fin/files';
import {
  asFileWriteError,
  FileWriteError,
  lockFolder,
  makeFolder,
  syncFolder,
  TEMPORARY_NAME,
  verifyManifest,
  writeManifest,
} from '@fin/files';

const NAME = /^step-(\d+)$/;

/** Digits of the step in a checkpoint's name, so that names sort like numbers. */
const DIGITS = 8;

/**
 * Checkpoints of one run: folders named by step, each with a manifest.
 *
 * A checkpoint is written under a temporary name, its manifest last, and then renamed, so a checkpoint's name never points to a partial one.
 */
export class CheckpointStore {
  readonly #dir: string;
  readonly #lock: FolderLock;

  private constructor(dir: string, lock: FolderLock) {
    this.#dir = dir;
    this.#lock = lock;
  }

  /** @throws {FolderLockedError} when another process writes to the folder */
  static async open(dir: string): Promise<CheckpointStore> {
    try {
      await makeFolder(dir);
    } catch (error) {
      throw new FileWriteError(dir, error);
    }
    const lock = await lockFolder(dir);
    const store = new CheckpointStore(dir, lock);
    try {
      await store.#removeUnfinished();
    } catch (error) {
      await lock.release().catch(() => {});
      throw asFileWriteError(dir, error);
    }
    return store;
  }

  /** Path of a checkpoint, existing or not. */
  path(step: number): string {
    return join(this.#dir, `step-${String(step).padStart(DIGITS, '0')}`);
  }

  /** Steps of all checkpoints, newest first. */
  async steps(): Promise<number[]> {
    const names = await readdir(this.#dir);
    return names
      .flatMap((name) => (NAME.test(name) ? [Number(NAME.exec(name)![1])] : []))
      .sort((a, b) => b - a);
  }

  /** @throws {DamagedFileError} naming the file that differs from the manifest */
  async verify(step: number): Promise<void> {
    await verifyManifest(this.path(step));
  }

  /** @param fill writes the checkpoint's files into the given folder */
  async write(step: number, fill: (folder: string) => Promise<void>): Promise<void> {
    const path = this.path(step);
    const folder = this.#temporary(step);
    try {
      await makeFolder(folder);
      await fill(folder);
      await writeManifest(folder);
      await this.#moveAside(step); // a damaged one that was skipped
      await rename(folder, path);
      await syncFolder(this.#dir);
    } catch (error) {
      await rm(folder, { recursive: true, force: true }).catch(() => {});
      throw asFileWriteError(path, error);
    }
  }

  /** Deletes a checkpoint; renames it first, so that an interrupted deletion leaves no partial checkpoint. */
  async remove(step: number): Promise<void> {
    await this.#moveAside(step);
    await this.#removeUnfinished();
  }

  async close(): Promise<void> {
    await this.#lock.release();
  }

  #temporary(step: number): string {
    return join(this.#dir, `.step-${step}.${process.pid}-${randomUUID()}.tmp`);
  }

  async #moveAside(step: number): Promise<void> {
    await rename(this.path(step), this.#temporary(step)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }

  async #removeUnfinished(): Promise<void> {
    for (const name of await readdir(this.#dir)) {
      if (name.startsWith('.step-') && TEMPORARY_NAME.test(name)) {
        await rm(join(this.#dir, name), { recursive: true, force: true });
      }
    }
  }
}
