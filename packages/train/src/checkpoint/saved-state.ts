import { DamagedFileError, readStoredText } from '@fin/files';
import { z } from 'zod';

const FORMAT = 'fin-checkpoint';
const VERSION = 1;

/** Losses added up over examples. */
export interface LossSum {
  readonly sum: number;
  readonly examples: number;
}

/** An evaluation and its position in the run. */
export type EvaluationRecord = {
  /** Updates so far. */
  readonly step: number;
  /** Epochs so far, with fractions. */
  readonly epoch: number;
  /** Results by name. */
  readonly metrics: Readonly<Record<string, number>>;
};

/** Position of a run and its results so far, as plain data. */
export interface Progress {
  /** Updates so far. */
  readonly step: number;
  /** Losses read and not reported yet: since the last log event, and since the start of the epoch. */
  readonly losses: { readonly window: LossSum; readonly epoch: LossSum };
  readonly epochLosses: readonly number[];
  readonly evaluations: readonly EvaluationRecord[];
  /** Best evaluation and the number of evaluations since; null without early stopping. */
  readonly earlyStopping: { readonly best: EvaluationRecord | null; readonly sinceBest: number } | null;
}

/** Contents of a checkpoint's `state.json`. */
export interface SavedState {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly progress: Progress;
  readonly optimizerCounters: Readonly<Record<string, number>>;
  readonly states: Readonly<Record<string, unknown>>;
}

const count = z.int().nonnegative();

/** A metric: JSON stores NaN and infinities as null. */
const metric = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

const evaluationRecord = z.object({
  step: count,
  epoch: z.number().nonnegative(),
  metrics: z.record(z.string(), metric),
});

const lossSum = z.object({ sum: z.number(), examples: count });

const progress = z.object({
  step: count,
  losses: z.object({ window: lossSum, epoch: lossSum }),
  epochLosses: z.array(z.number()),
  evaluations: z.array(evaluationRecord),
  earlyStopping: z.object({ best: evaluationRecord.nullable(), sinceBest: count }).nullable(),
});

const savedState = z.object({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  settings: z.record(z.string(), z.unknown()),
  progress,
  optimizerCounters: z.record(z.string(), count),
  states: z.record(z.string(), z.unknown()),
});

/** The text of a `state.json`. */
export function formatState(state: SavedState): string {
  return `${JSON.stringify({ format: FORMAT, version: VERSION, ...state }, null, 2)}\n`;
}

/** @throws {DamagedFileError} naming the field that is wrong */
export async function readState(path: string): Promise<SavedState> {
  let json: unknown;
  try {
    json = JSON.parse(readStoredText(path));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new DamagedFileError(path, `it is not JSON (${error.message})`);
  }
  const { data, error } = savedState.safeParse(json);
  if (data) return data;
  const [{ path: field, message }] = error.issues;
  const name = field.join('.') || 'the document';
  throw new DamagedFileError(
    path,
    field[0] === 'format' || field[0] === 'version'
      ? `it is not of a checkpoint of version ${VERSION}`
      : `${name}: ${message}`,
  );
}

/** Step of the best evaluation so far, or null. */
export function bestStep(saved: Progress): number | null {
  return saved.earlyStopping?.best?.step ?? null;
}

/** Differences that a message lists. */
const LISTED = 3;

/**
 * Describes the differences between two pieces of plain data, such as `batchSize is 32 in the checkpoint and 16 now`.
 *
 * @param where phrases for the places of the two
 * @returns null if they are equal as JSON
 */
export function describeDifference(
  saved: unknown,
  current: unknown,
  where: readonly [string, string] = ['in the checkpoint', 'now'],
): string | null {
  const differences = [...differ(asJson(saved), asJson(current), '', where)];
  if (differences.length === 0) return null;
  const rest = differences.length > LISTED ? `; and ${differences.length - LISTED} more` : '';
  return differences.slice(0, LISTED).join('; ') + rest;
}

function* differ(
  saved: unknown,
  current: unknown,
  path: string,
  where: readonly [string, string],
): Generator<string> {
  if (isContainer(saved) && isContainer(current) && Array.isArray(saved) === Array.isArray(current)) {
    for (const key of new Set([...Object.keys(saved), ...Object.keys(current)])) {
      yield* differ(saved[key], current[key], path === '' ? key : `${path}.${key}`, where);
    }
  } else if (saved !== current) {
    yield `${path} is ${show(saved)} ${where[0]} and ${show(current)} ${where[1]}`;
  }
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function show(value: unknown): string {
  return value === undefined ? 'absent' : JSON.stringify(value);
}

function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
