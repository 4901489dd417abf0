import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MANIFEST_NAME } from '@fin/files';
import { z } from 'zod';
import { RunInputError } from './errors.js';
import { readRunFile } from './run-files.js';
import type { RunKind } from './run-kinds.js';
import { commonFiles, runKinds } from './run-kinds.js';

/** Subfolder for an unfinished run that will replace the finished run in the folder. */
export const NEXT = '.next';

const FORMAT = 'fin-run';

/** Version of `run.json`. Version 1 has no kind; for fine-tuning runs of that version, `config.json` has it. */
const VERSION = 2;

/** Kind and state of a run, without its results. */
export interface RunRecord {
  /** Unique id of the run; it does not depend on the folder's name. */
  readonly id: string;
  readonly kind: RunKind;
  /** Time at which the run was started, ISO 8601. */
  readonly createdAt: string;
  /** Whether the folder holds a finished run, which can be read. */
  readonly finished: boolean;
  /** Whether there is an unfinished run to resume: this one, or one that will replace it. */
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

/** Kind and id of the run whose files are in `root`; null if there is no run. */
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
 * Folder of the files that readers see. It is the replacement's folder as soon as that has a manifest, since the process may have
 * been killed before it moved the files to their final places.
 */
export function readableRoot(dir: string): string {
  const next = join(dir, NEXT);
  return isFinished(next) ? next : dir;
}

/** Folder of the unfinished run's files; null if there is none. */
export function unfinishedRoot(dir: string): string | null {
  const next = join(dir, NEXT);
  if (isFinished(next)) return null;
  if (existsSync(join(next, commonFiles.run))) return next;
  return existsSync(join(dir, commonFiles.run)) && !isFinished(dir) ? dir : null;
}

/**
 * Kind and state of the run in a folder. Takes no lock and writes nothing.
 *
 * @param kind the kind that the run must have; any when absent
 * @throws {RunInputError} when there is no run in the folder, or one of another kind
 * @throws {DamagedFileError} when `run.json` does not describe a run
 */
export function readRunRecord(dir: string, kind?: RunKind): RunRecord {
  const root = readableRoot(dir);
  const identity = readIdentity(root);
  if (identity === null) {
    throw new RunInputError(`${dir} holds no run: there is no ${commonFiles.run} in it`);
  }
  if (kind) requireKind(dir, identity.kind, kind);
  return { ...identity, finished: isFinished(root), resumable: unfinishedRoot(dir) !== null };
}

/** @throws {RunInputError} when the run in a folder is of another kind, naming both */
function requireKind(dir: string, actual: RunKind, kind: RunKind): void {
  if (actual === kind) return;
  throw new RunInputError(`${dir} is ${runKinds[actual].words}, not ${runKinds[kind].words}.`);
}
