import { randomUUID } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, isAbsolute, join, normalize, sep } from 'node:path';
import type { FileContent, FolderLock } from '@fin/files';
import {
  asFileWriteError,
  DamagedFileError,
  hasManifest,
  isLockFile,
  listFiles,
  lockFolder,
  MANIFEST_NAME,
  makeFolder,
  removeAtomically,
  syncFolder,
  TEMPORARY_NAME,
  verifyManifest,
  writeFileAtomically,
  writeManifest,
} from '@fin/files';
import { RunInputError } from './errors.js';
import type { MetricsRow } from './metrics-log.js';
import { MetricsLog, readMetricsLog } from './metrics-log.js';
import { RunUnfinishedError } from './unfinished-error.js';

const RUN_NAME = 'run.json';
const METRICS_NAME = 'metrics.jsonl';
const FORMAT = 'fin-run';
const VERSION = 1;

/** The folder is not one that a run may be written to. */
export class RunExistsError extends RunInputError {
  readonly dir: string;

  constructor(dir: string, message: string) {
    super(message);
    this.dir = dir;
  }
}

/** How {@link RunFolder.create} treats a folder that is there already. */
export interface CreateRunOptions {
  /** Whether the run that is in the folder may be deleted. Other files never are. @default false */
  readonly overwrite?: boolean;
}

/**
 * The folder of one run. Every file is written to a temporary name, synced and renamed; `finish` writes a manifest with sizes
 * and checksums last, so that a folder with a manifest is whole and one without is not.
 *
 * ```
 * create ── run.json ── writeJson, appendMetrics, … ── finish ── manifest.json        open ── verify ── readJson, …
 *   └ lock: one writer                                    └ lock released
 * ```
 */
export class RunFolder {
  /** Absolute or as it was given. */
  readonly dir: string;
  /** Identifies the run, whatever its folder is called. */
  readonly id: string;
  readonly #writer: { readonly lock: FolderLock; readonly metrics: MetricsLog } | null;
  #closed = false;

  private constructor(dir: string, id: string, writer: { lock: FolderLock; metrics: MetricsLog } | null) {
    this.dir = dir;
    this.id = id;
    this.#writer = writer;
  }

  /**
   * Begins a run in a folder that does not exist yet or is empty.
   *
   * @throws {RunExistsError} when there is a run, or anything else, in it
   * @throws {FolderLockedError} when another process is writing it
   */
  static async create(dir: string, options: CreateRunOptions = {}): Promise<RunFolder> {
    await makeFolder(dir).catch((error: unknown) => {
      throw asFileWriteError(dir, error);
    });
    const lock = await lockFolder(dir);
    try {
      await makeRoom(dir, options.overwrite ?? false);
      const id = randomUUID();
      const record = { format: FORMAT, version: VERSION, id, createdAt: new Date().toISOString() };
      await writeFileAtomically(join(dir, RUN_NAME), `${JSON.stringify(record, null, 2)}\n`);
      return new RunFolder(dir, id, { lock, metrics: new MetricsLog(join(dir, METRICS_NAME)) });
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /**
   * Goes on writing a run that was begun before, finished or not; a finished one counts as unfinished from now on.
   *
   * @throws {RunInputError} when there is no run in the folder
   * @throws {FolderLockedError} when another process is writing it
   */
  static async resume(dir: string): Promise<RunFolder> {
    const id = await readRunId(dir);
    const lock = await lockFolder(dir);
    try {
      await rm(join(dir, MANIFEST_NAME), { force: true });
      await removeTemporaryFiles(dir);
      await syncFolder(dir);
      return new RunFolder(dir, id, { lock, metrics: new MetricsLog(join(dir, METRICS_NAME)) });
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /**
   * Opens a finished run for reading, after comparing every file with the manifest.
   *
   * @throws {RunUnfinishedError} when the run was interrupted, or still goes on
   * @throws {DamagedFileError} naming the file that is not as it was written
   * @throws {RunInputError} when there is no run in the folder
   */
  static async open(dir: string): Promise<RunFolder> {
    const id = await readRunId(dir);
    if (!(await hasManifest(dir))) throw new RunUnfinishedError(dir, join(dir, MANIFEST_NAME));
    await verifyManifest(dir);
    return new RunFolder(dir, id, null);
  }

  /**
   * Whether the run in a folder was finished. Its files are not looked at: that is what {@link open} does.
   *
   * @throws {RunInputError} when there is no run in the folder
   */
  static async isFinished(dir: string): Promise<boolean> {
    await readRunId(dir);
    return hasManifest(dir);
  }

  /** Path of a file of this run. @param name relative to the folder, with forward slashes */
  path(name: string): string {
    const path = normalize(name);
    if (name === '' || isAbsolute(path) || path === '..' || path.startsWith(`..${sep}`)) {
      throw new RunInputError(`"${name}" is not the name of a file inside a run folder`);
    }
    return join(this.dir, path);
  }

  async writeJson(name: string, value: unknown): Promise<void> {
    await this.writeText(name, `${JSON.stringify(value, null, 2)}\n`);
  }

  async writeText(name: string, text: string): Promise<void> {
    await this.writeBytes(name, text);
  }

  async writeBytes(name: string, content: FileContent): Promise<void> {
    this.#requireWriter();
    await writeFileAtomically(this.path(name), content);
  }

  /** Deletes a file or folder of the run, all of it at once, whatever happens meanwhile; nothing if it is not there. */
  async remove(name: string): Promise<void> {
    this.#requireWriter();
    await removeAtomically(this.path(name));
  }

  /** Adds a line to `metrics.jsonl`. Synchronous, so that it can be called from an event handler. */
  appendMetrics(row: MetricsRow): void {
    this.#requireWriter().metrics.append(row);
  }

  /** Returns when the rows so far would survive a power cut, as a checkpoint written after them does. */
  syncMetrics(): void {
    this.#requireWriter().metrics.sync();
  }

  /**
   * Drops the rows of `metrics.jsonl` whose `step` is above this one: what a killed run had logged after the checkpoint that it
   * now goes on from, and will log again.
   */
  dropMetricsAfter(step: number): void {
    this.#requireWriter().metrics.keep((row) => !(typeof row.step === 'number' && row.step > step));
  }

  async readJson<T = unknown>(name: string): Promise<T> {
    return JSON.parse(await this.readText(name)) as T;
  }

  async readText(name: string): Promise<string> {
    return readFile(this.path(name), 'utf8');
  }

  /** Rows of `metrics.jsonl` so far. */
  readMetrics(): MetricsRow[] {
    return readMetricsLog(join(this.dir, METRICS_NAME));
  }

  /** Ends the run: writes the manifest and lets others write the folder. */
  async finish(): Promise<void> {
    this.#requireWriter().metrics.sync();
    await writeManifest(this.dir);
    await this.close();
  }

  /** Lets others write the folder, without a manifest: the run stays unfinished. Harmless after {@link finish}. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#writer?.metrics.close();
    await this.#writer?.lock.release();
  }

  #requireWriter(): { readonly lock: FolderLock; readonly metrics: MetricsLog } {
    if (this.#writer && !this.#closed) return this.#writer;
    throw new RunInputError(
      `${this.dir} is open for reading only, or finished: nothing more can be written to it`,
    );
  }
}

async function readRunId(dir: string): Promise<string> {
  const path = join(dir, RUN_NAME);
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) throw new RunInputError(`${dir} holds no run: there is no ${RUN_NAME} in it`);
  try {
    const { format, version, id } = JSON.parse(text) as Record<string, unknown>;
    if (format === FORMAT && version === VERSION && typeof id === 'string') return id;
  } catch {
    // reported below, like any other content that is not a run's
  }
  throw new DamagedFileError(path, `it does not describe a run of version ${VERSION}`);
}

async function makeRoom(dir: string, overwrite: boolean): Promise<void> {
  const names = (await readdir(dir)).filter((name) => !isLockFile(name) && !TEMPORARY_NAME.test(name));
  if (names.length > 0 && !names.includes(RUN_NAME)) {
    throw new RunExistsError(
      dir,
      `${dir} is not empty and holds no run (there is "${names[0]}"): choose another folder`,
    );
  }
  if (names.length > 0 && !overwrite) {
    const what = names.includes(MANIFEST_NAME)
      ? 'already holds a run: choose'
      : 'already holds a run, which is unfinished: resume it, choose';
    throw new RunExistsError(dir, `${dir} ${what} another folder, or ask for it to be overwritten`);
  }
  // What says that this is a run goes last, so that an interrupted clearing can be done again.
  for (const name of [...names.filter((name) => name !== RUN_NAME), RUN_NAME]) {
    await rm(join(dir, name), { recursive: true, force: true });
  }
  await removeTemporaryFiles(dir);
  await syncFolder(dir);
}

async function removeTemporaryFiles(dir: string): Promise<void> {
  for (const path of await listFiles(dir)) {
    const name = basename(path);
    const beingLocked = isLockFile(name.slice(1)); // another process may be asking for the lock right now
    if (TEMPORARY_NAME.test(name) && !beingLocked) await rm(join(dir, path), { force: true });
  }
  const entries = await readdir(dir, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory() && TEMPORARY_NAME.test(entry.name));
  for (const { name } of folders) await rm(join(dir, name), { recursive: true, force: true });
}
