import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MANIFEST_NAME } from '@fin/files';
import { z } from 'zod';
import { RunInputError } from './errors.js';
import { readRunFile } from './run-files.js';
import type { RunKind } from './run-kinds.js';
import { commonFiles, runKinds } from './run-kinds.js';

/** Subfolder in which a run is written that will replace the one in its folder. */
export const NEXT = '.next';

const FORMAT = 'fin-run';

/** Version 1 had no kind; it was in `config.json`, and only for fine-tuning. */
const VERSION = 2;

/** A run, as far as it is known without looking at its results. */
export interface RunRecord {
  /** Identifies the run, whatever its folder is called. */
  readonly id: string;
  readonly kind: RunKind;
  /** ISO 8601. */
  readonly createdAt: string;
  /** Whether the run was finished and can be read. */
  readonly finished: boolean;
  /** Whether an unfinished run waits to be resumed: this one, or one that will replace it. */
  readonly resumable: boolean;
}

const kindSchema = z.enum(Object.keys(runKinds) as [RunKind, ...RunKind[]]);

const identitySchema = z.discriminatedUnion('version', [
  z.object({ format: z.literal(FORMAT), version: z.literal(1), id: z.string(), createdAt: z.string() }),
  z.object({
    format: z.literal(FORMAT),
    version: z.literal(VERSION),
    id: z.string(),
    kind: kindSchema,
    createdAt: z.string(),
  }),
]);

/** The text of `run.json` for a new run. */
export function formatIdentity(id: string, kind: RunKind): string {
  const identity = { format: FORMAT, version: VERSION, id, kind, createdAt: new Date().toISOString() };
  return `${JSON.stringify(identity, null, 2)}\n`;
}

/** Kind and identity of the run whose files are in `root`; null where there is no run. */
export function readIdentity(root: string): Pick<RunRecord, 'id' | 'kind' | 'createdAt'> | null {
  const identity = readRunFile(join(root, commonFiles.run), identitySchema);
  if (identity === null) return null;
  const { id, createdAt } = identity;
  if (identity.version === VERSION) return { id, createdAt, kind: identity.kind };
  const config = readRunFile(join(root, commonFiles.config), z.unknown());
  const tuning = z.object({ kind: z.literal('sentiment-tuning') }).safeParse(config).success;
  return { id, createdAt, kind: tuning ? 'sentiment-tuning' : 'forecaster' };
}

export const isFinished = (root: string): boolean => existsSync(join(root, MANIFEST_NAME));

/**
 * Where the files of the run are that readers see. A finished replacement counts as soon as it has its manifest, also when the
 * process was killed before it could put the files in their places.
 */
export function readableRoot(dir: string): string {
  const next = join(dir, NEXT);
  return isFinished(next) ? next : dir;
}

/** Where the files of the unfinished run are; null when there is none. */
export function unfinishedRoot(dir: string): string | null {
  const next = join(dir, NEXT);
  if (isFinished(next)) return null;
  if (existsSync(join(next, commonFiles.run))) return next;
  return existsSync(join(dir, commonFiles.run)) && !isFinished(dir) ? dir : null;
}

/**
 * Kind and state of the run in a folder. Takes no lock and writes nothing.
 *
 * @throws {RunInputError} when there is no run in the folder
 * @throws {DamagedFileError} when `run.json` does not describe a run
 */
export function readRunRecord(dir: string): RunRecord {
  const root = readableRoot(dir);
  const identity = readIdentity(root);
  if (identity === null) {
    throw new RunInputError(`${dir} holds no run: there is no ${commonFiles.run} in it`);
  }
  return { ...identity, finished: isFinished(root), resumable: unfinishedRoot(dir) !== null };
}

/** @throws {RunInputError} when the run in a folder is of another kind, naming both */
export function requireKind(dir: string, actual: RunKind, kind: RunKind): void {
  if (actual === kind) return;
  throw new RunInputError(`${dir} is ${runKinds[actual].words}, not ${runKinds[kind].words}.`);
}
