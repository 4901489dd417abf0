import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, resolve, sep } from 'node:path';
import type { FileContent, FolderLock } from '@fin/files';
import {
  asFileWriteError,
  lockFolder,
  MANIFEST_NAME,
  makeFolder,
  readStoredText,
  removeAtomically,
  replaceManifestEntry,
  syncFolder,
  verifyManifest,
  writeFileAtomically,
  writeManifest,
} from '@fin/files';
import type { z } from 'zod';
import { RunInputError, RunUnfinishedError } from './errors.js';
import type { MetricsRow } from './metrics-log.js';
import { MetricsLog, readMetricsLog } from './metrics-log.js';
import { requireInputsOutside } from './output-paths.js';
import {
  beginReplacement,
  completeReplacement,
  isBookkeeping,
  removeLeftovers,
  removeTemporaryFiles,
  requireReplaceable,
} from './replace-run.js';
import { parseRunFile } from './run-files.js';
import type { RunKind } from './run-kinds.js';
import { CHECKPOINTS, commonFiles, REPORT, runKinds } from './run-kinds.js';
import type { RunRecord } from './run-record.js';
import {
  formatIdentity,
  isFinished,
  NEXT,
  readableRoot,
  readIdentity,
  readRunRecord,
  unfinishedRoot,
} from './run-record.js';

/** Options of {@link RunFolder.create}. */
export interface CreateRunOptions {
  /** Kind of the run, kept in `run.json`. @default 'custom' */
  readonly kind?: RunKind;
  /** Whether to replace a run of the same kind in the folder. The old run stays until the new one is finished. @default false */
  readonly overwrite?: boolean;
  /** Files and folders that the run reads; none may lie in the run folder. */
  readonly inputs?: readonly string[];
}

/** Lock and open files of a writer. */
interface Writer {
  readonly lock: FolderLock;
  readonly metrics: MetricsLog;
  /** Folders that this process made for the run, the innermost first. */
  readonly madeFolders: readonly string[];
  /** Top-level names that were written, to be deleted when the run is discarded. */
  readonly written: Set<string>;
}

/**
 * The folder of one run. Every file is written to a temporary name, synced and renamed. `finish` writes a manifest with sizes and
 * checksums last, so a folder with a manifest is complete and one without is not.
 *
 * ```
 * create ── run.json ── writeJson, appendMetrics, … ── finish ── manifest.json        open ── verify ── readJson, …
 *   └ lock: one writer                                    └ lock released
 * ```
 *
 * A run that replaces another is written to the subfolder `.next` and takes the other's place when it is finished.
 */
export class RunFolder {
  /** Path of the run folder, as given by the caller. */
  readonly dir: string;
  /** Unique id of the run; it does not depend on the folder's name. */
  readonly id: string;
  readonly kind: RunKind;
  #root: string;
  readonly #writer: Writer | null;
  #closed = false;

  private constructor(
    dir: string,
    root: string,
    identity: Pick<RunRecord, 'id' | 'kind'>,
    writer: Writer | null,
  ) {
    this.dir = dir;
    this.id = identity.id;
    this.kind = identity.kind;
    this.#root = root;
    this.#writer = writer;
  }

  /**
   * Starts a run in a folder that does not exist yet, is empty, or holds a run that may be replaced.
   *
   * @throws {RunExistsError} when the folder holds a run that may not be replaced, or other files
   * @throws {RunInputError} when an input lies in the folder
   * @throws {FolderLockedError} when another process is writing it
   */
  static async create(dir: string, options: CreateRunOptions = {}): Promise<RunFolder> {
    const { kind = 'custom', overwrite = false, inputs = [] } = options;
    await requireInputsOutside(dir, inputs);
    const madeFolders = await makeFolders(dir);
    let lock: FolderLock | null = null;
    try {
      lock = await lockFolder(dir);
      await completeReplacement(dir);
      await removeLeftovers(dir);
      const occupied = (await readdir(dir)).some((name) => !isBookkeeping(name));
      if (occupied) await requireReplaceable(dir, kind, overwrite);
      const root = occupied ? await beginReplacement(dir) : dir;
      const id = randomUUID();
      await writeFileAtomically(join(root, commonFiles.run), formatIdentity(id, kind));
      const metrics = new MetricsLog(join(root, commonFiles.metrics));
      const written = new Set<string>([commonFiles.run, commonFiles.metrics]);
      return new RunFolder(dir, root, { id, kind }, { lock, metrics, madeFolders, written });
    } catch (error) {
      await lock?.release().catch(() => {}); // the cause matters more
      await removeEmptyFolders(madeFolders);
      throw error;
    }
  }

  /**
   * Resumes the unfinished run in a folder, or the unfinished replacement of the run in it.
   *
   * @throws {RunInputError} when there is no run in the folder, or it is finished
   * @throws {FolderLockedError} when another process is writing it
   */
  static async resume(dir: string): Promise<RunFolder> {
    readRunRecord(dir);
    const lock = await lockFolder(dir);
    try {
      await completeReplacement(dir);
      const root = unfinishedRoot(dir);
      if (root === null) throw new RunInputError(`${dir} is finished: there is nothing left to resume.`);
      await removeTemporaryFiles(root);
      await syncFolder(root);
      const identity = readIdentity(root)!;
      const metrics = new MetricsLog(join(root, commonFiles.metrics));
      return new RunFolder(dir, root, identity, { lock, metrics, madeFolders: [], written: new Set() });
    } catch (error) {
      await lock.release().catch(() => {}); // the cause matters more
      throw error;
    }
  }

  /**
   * Opens a finished run for reading, after comparing every file with the manifest. Takes no lock and writes nothing.
   *
   * @param kind the kind that the run must have; any when absent
   * @throws {RunInputError} when there is no run in the folder, or one of another kind
   * @throws {RunUnfinishedError} when the run was interrupted, or is still being written
   * @throws {DamagedFileError} naming the file that differs
   */
  static async open(dir: string, kind?: RunKind): Promise<RunFolder> {
    const record = readRunRecord(dir, kind);
    if (!record.finished) throw new RunUnfinishedError(dir, join(dir, MANIFEST_NAME));
    const root = readableRoot(dir);
    const manifest = () => {
      try {
        return readStoredText(join(root, MANIFEST_NAME));
      } catch {
        return null; // `verifyManifest` reports it
      }
    };
    const before = manifest();
    try {
      await verifyManifest(root, { except: [REPORT] });
    } catch (error) {
      // Another process may have replaced the run, or added a file to it, since we began to read.
      if (readableRoot(dir) !== root || manifest() !== before) return RunFolder.open(dir, kind);
      throw error;
    }
    return new RunFolder(dir, root, record, null);
  }

  /**
   * Path of a file of this run. Until the run has replaced an older one, its files are in the subfolder `.next`.
   *
   * @param name relative to the folder, with forward slashes
   */
  path(name: string): string {
    const path = normalize(name);
    if (name === '' || isAbsolute(path) || path === '..' || path.startsWith(`..${sep}`)) {
      throw new RunInputError(`"${name}" is not the name of a file inside a run folder`);
    }
    return join(this.#root, path);
  }

  async writeJson(name: string, value: unknown): Promise<void> {
    await this.writeText(name, `${JSON.stringify(value, null, 2)}\n`);
  }

  async writeText(name: string, text: string): Promise<void> {
    await this.writeBytes(name, text);
  }

  async writeBytes(name: string, content: FileContent): Promise<void> {
    const path = this.path(name);
    this.#requireWriter().written.add(normalize(name).split(sep)[0]);
    await writeFileAtomically(path, content);
  }

  /** Deletes a file or folder of the run atomically. Does nothing if it does not exist. */
  async remove(name: string): Promise<void> {
    this.#requireWriter();
    await removeAtomically(this.path(name));
  }

  /** Adds a line to `metrics.jsonl`. Synchronous, so that it can be called from an event handler. */
  appendMetrics(row: MetricsRow): void {
    this.#requireWriter().metrics.append(row);
  }

  /** Syncs the rows so far to the disk, so that they survive a power cut. */
  syncMetrics(): void {
    this.#requireWriter().metrics.sync();
  }

  /**
   * Drops the rows of `metrics.jsonl` with a later `step`. A killed run logged them after the checkpoint; the resumed run logs
   * them again.
   */
  dropMetricsAfter(step: number): void {
    this.#requireWriter().metrics.keep((row) => !(typeof row.step === 'number' && row.step > step));
  }

  /**
   * Reads a JSON file of the run.
   *
   * @param schema schema of the file; without it, the content is not checked
   * @throws {DamagedFileError} naming file and field
   */
  async readJson<T = unknown>(name: string, schema?: z.ZodType<T>): Promise<T> {
    const text = await this.readText(name);
    return schema ? parseRunFile(this.path(name), text, schema) : (JSON.parse(text) as T);
  }

  /** @throws {DamagedFileError} when the file cannot be read */
  async readText(name: string): Promise<string> {
    const path = this.path(name);
    return readStoredText(path);
  }

  /** Rows of `metrics.jsonl` so far. */
  readMetrics(): MetricsRow[] {
    return readMetricsLog(this.path(commonFiles.metrics));
  }

  /** Whether there is a checkpoint to resume the run from. */
  async hasCheckpoints(): Promise<boolean> {
    const names = await readdir(this.path(CHECKPOINTS)).catch(() => []);
    return names.some((name) => !name.startsWith('.')); // others are temporary files
  }

  /** Whether all results are written and only the manifest is missing. */
  async lacksOnlyManifest(): Promise<boolean> {
    const { last } = runKinds[this.kind];
    return last !== null && existsSync(this.path(last)) && !existsSync(this.path(CHECKPOINTS));
  }

  /**
   * Finishes the run: writes the manifest, replaces the older run if there is one, and releases the lock.
   *
   * @param discard files and folders that only an unfinished run needs. They are not in the manifest, and are deleted after it is
   *   written.
   */
  async finish({ discard = [] }: { readonly discard?: readonly string[] } = {}): Promise<void> {
    const { metrics } = this.#requireWriter();
    metrics.sync();
    await writeManifest(this.#root, { except: [...discard, REPORT, NEXT] });
    if (this.#root === this.dir) for (const name of discard) await removeAtomically(this.path(name));
    else await completeReplacement(this.dir);
    this.#root = this.dir;
    await this.close();
  }

  /** Releases the lock without writing a manifest, so the run stays unfinished. Does nothing after {@link finish}. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#writer?.metrics.close();
    await this.#writer?.lock.release();
  }

  /**
   * Closes the run and deletes everything that this process wrote. An older run that it would have replaced stays. Never throws.
   */
  async discard(): Promise<void> {
    const { madeFolders, written } = this.#requireWriter();
    const leave = async (work: Promise<unknown>) => work.catch(() => {}); // the cause of the discarding matters more
    if (this.#root !== this.dir) await leave(removeAtomically(this.#root));
    else {
      const names = [
        ...Object.values(runKinds[this.kind].files).map((name) => name.split('/')[0]),
        CHECKPOINTS,
      ];
      for (const name of new Set([...names, ...written])) {
        await leave(rm(join(this.dir, name), { recursive: true, force: true }));
      }
    }
    await leave(this.close());
    await removeEmptyFolders(madeFolders);
  }

  #requireWriter(): Writer {
    if (this.#writer && !this.#closed) return this.#writer;
    throw new RunInputError(
      `${this.dir} is open for reading only, or finished: nothing more can be written to it`,
    );
  }
}

/**
 * Adds a file to a finished run, or replaces it. The manifest is correct at every moment: the file's old entry is removed, the
 * file written, and the new entry added, each atomically. Other files are not hashed again.
 *
 * @param name relative to the folder, with forward slashes
 * @throws {FileWriteError} when the folder cannot be written to
 * @throws {FolderLockedError} when another process is writing it
 */
export async function addToFinishedRun(dir: string, name: string, text: string): Promise<void> {
  const lock = await lockFolder(dir);
  try {
    await completeReplacement(dir);
    if (!isFinished(dir)) throw new RunUnfinishedError(dir, join(dir, MANIFEST_NAME));
    await removeLeftovers(dir);
    await replaceManifestEntry(dir, name, text);
  } catch (error) {
    throw asFileWriteError(join(dir, name), error);
  } finally {
    await lock.release().catch(() => {}); // a lock that cannot be removed is recognised as that of an ended process
  }
}

/** Makes a folder and its missing parents. @returns the new folders, innermost first */
async function makeFolders(dir: string): Promise<string[]> {
  try {
    const first = await makeFolder(dir);
    if (first === undefined) return [];
    const made: string[] = [];
    const top = dirname(resolve(first));
    for (let folder = resolve(dir); folder !== top; folder = dirname(folder)) made.push(folder);
    return made;
  } catch (error) {
    throw asFileWriteError(dir, error);
  }
}

async function removeEmptyFolders(folders: readonly string[]): Promise<void> {
  for (const folder of folders) await rmdir(folder).catch(() => {}); // not empty, or not ours any more
}
