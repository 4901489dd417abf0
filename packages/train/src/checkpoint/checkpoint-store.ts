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

/** Digits of the number in a checkpoint's name, so that names sort as numbers do. */
const DIGITS = 8;

/**
 * Checkpoints of one run: folders named by the update after which they were written, each with a manifest.
 *
 * A checkpoint is put together under a temporary name, its manifest last, and then renamed: under its own name there is a
 * whole one or none.
 */
export class CheckpointStore {
  readonly #dir: string;
  readonly #lock: FolderLock;

  private constructor(dir: string, lock: FolderLock) {
    this.#dir = dir;
    this.#lock = lock;
  }

  /** @throws {FolderLockedError} when another process is writing to it */
  static async open(dir: string): Promise<CheckpointStore> {
    try {
      await makeFolder(dir);
    } catch (error) {
      throw new FileWriteError(dir, error);
    }
    const lock = await lockFolder(dir);
    const store = new CheckpointStore(dir, lock);
    await store.#removeUnfinished();
    return store;
  }

  /** Path of a checkpoint, whether it is there or not. */
  path(step: number): string {
    return join(this.#dir, `step-${String(step).padStart(DIGITS, '0')}`);
  }

  /** Updates after which the checkpoints were written, newest first. */
  async steps(): Promise<number[]> {
    const names = await readdir(this.#dir);
    return names
      .flatMap((name) => (NAME.test(name) ? [Number(NAME.exec(name)![1])] : []))
      .sort((a, b) => b - a);
  }

  /** @throws {DamagedFileError} naming the file that is not as it was written */
  async verify(step: number): Promise<void> {
    await verifyManifest(this.path(step));
  }

  /** @param fill writes the files into the folder that it is given */
  async write(step: number, fill: (folder: string) => Promise<void>): Promise<void> {
    const path = this.path(step);
    const folder = this.#temporary(step);
    try {
      await makeFolder(folder);
      await fill(folder);
      await writeManifest(folder);
      await this.#moveAside(step); // a damaged one that was passed over
      await rename(folder, path);
      await syncFolder(this.#dir);
    } catch (error) {
      await rm(folder, { recursive: true, force: true }).catch(() => {});
      throw asFileWriteError(path, error);
    }
  }

  /** Deletes a checkpoint; one that is only half deleted does not keep its name. */
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
