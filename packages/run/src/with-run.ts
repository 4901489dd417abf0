import { join } from 'node:path';
import { DamagedFileError } from '@fin/files';
import { z } from 'zod';
import { RunInputError } from './errors.js';
import type { RunConfig, RunEnvironment, RunSource } from './run-files.js';
import { readRunFile, runConfigSchema, runDataSchema, runEnvironmentSchema } from './run-files.js';
import { RunFolder } from './run-folder.js';
import type { RunKind } from './run-kinds.js';
import { CHECKPOINTS, commonFiles } from './run-kinds.js';
import { readableRoot, readRunRecord, requireKind, unfinishedRoot } from './run-record.js';

/** From where an interrupted run is resumed: its newest checkpoint, or the newest that is not damaged. */
export type ResumeFrom = boolean | 'lastGood';

/** How a run that was interrupted had been begun. */
export interface UnfinishedRun<Settings = unknown> extends RunConfig<Settings> {
  readonly environment: RunEnvironment;
  /** Fingerprint of its data. */
  readonly fingerprint: string;
}

/** Inputs of a run, opened and checked before its folder is touched. */
export interface OpenedRun {
  /** Files and folders that the run reads; none may lie in the run folder. */
  readonly inputs: readonly string[];
  /** Where they came from; kept in `config.json`. */
  readonly source: RunSource;
  readonly environment: RunEnvironment;
  /** Kept in `data.json`. The fingerprint must be the same when the run is resumed. */
  readonly data: { readonly fingerprint: string };
}

/** Options of {@link withRun}. */
export interface RunOptions<Settings extends object, Opened extends OpenedRun> {
  readonly dir: string;
  readonly kind: RunKind;
  /** Whether a run of this kind in the folder may be replaced. It stays until the new one is finished. @default false */
  readonly overwrite?: boolean;
  /** Whether to resume the run in the folder. @default false */
  readonly resume?: ResumeFrom;
  /** Settings that the caller asks for. When a run is resumed, each must be what it was. */
  readonly settings?: object;
  /** Completes and checks the settings of a new run. */
  readonly resolve: () => Settings;
  /** Schema of the settings in `config.json`. */
  readonly schema: z.ZodType<Settings>;
  /** Opens and checks all inputs. @param begun how the run was begun; null for a new one */
  readonly open: (settings: Settings, begun: UnfinishedRun<Settings> | null) => Promise<Opened>;
  /** Called when a run that lacked only its manifest was completed; there is nothing to do then. */
  readonly onRepaired?: () => void;
  /** Stops the work; its reason is not an error. */
  readonly signal?: AbortSignal;
}

/** Arguments for the work of a run. */
export interface RunContext<Settings, Opened> {
  readonly run: RunFolder;
  readonly settings: Settings;
  readonly opened: Opened;
  /** Null for a new run; else what differs from before and may change last digits (null for nothing). */
  readonly resumed: { readonly note: string | null } | null;
}

/**
 * The life of a run, of any kind:
 *
 * ```
 * settings ── open inputs ──┬── new: run.json, config.json, environment.json, data.json ──┬── work ──┬── result: manifest
 *  (given or config.json)   └── resumed: must be the same ────────────────────────────────┘          ├── null: stopped
 *                                                                                                    └── error
 * ```
 *
 * A run that is stopped or fails is kept if it can be resumed; else what was made of it is deleted. A run that it was to replace
 * stays until the new one is finished.
 *
 * @param work writes the results; returns null when it was stopped
 * @returns the result of the work; null when the run was stopped, or was complete but for its manifest
 * @throws {RunInputError} when the folder cannot be used, or a run cannot be resumed as asked, naming what differs
 */
export async function withRun<Settings extends object, Opened extends OpenedRun, Result>(
  options: RunOptions<Settings, Opened>,
  work: (context: RunContext<Settings, Opened>) => Promise<Result | null>,
): Promise<Result | null> {
  const { dir, kind, overwrite, resume = false, signal } = options;
  if (resume && (await repaired(dir, kind))) {
    options.onRepaired?.();
    return null;
  }
  const begun = resume ? readUnfinishedRun(dir, kind, options.schema) : null;
  const settings = begun ? settingsOfRun(dir, begun.settings, options.settings) : options.resolve();
  const opened = await options.open(settings, begun);
  const { inputs, source, environment, data } = opened;
  const resumed = begun && requireSame(dir, begun, { data: data.fingerprint, environment });
  const run = await (begun ? RunFolder.resume(dir) : RunFolder.create(dir, { kind, overwrite, inputs }));
  try {
    if (!begun) {
      await run.writeJson(commonFiles.config, { settings, source });
      await run.writeJson(commonFiles.environment, environment);
      await run.writeJson(commonFiles.data, data);
    }
    const result = await work({ run, settings, opened, resumed });
    if (result !== null) await run.finish({ discard: [CHECKPOINTS] });
    else await leave(run, begun !== null);
    return result;
  } catch (error) {
    await leave(run, begun !== null).catch(() => {}); // the cause matters more
    if (signal?.aborted && error === signal.reason) return null;
    throw error;
  }
}

/** Closes a run that was not finished, and deletes it when it is new and has nothing to resume from. */
async function leave(run: RunFolder, resumed: boolean): Promise<void> {
  if (resumed || (await run.hasCheckpoints())) await run.close();
  else await run.discard();
}

/** Writes the manifest of a run that lacks nothing else. Earlier versions could be stopped in that moment. */
async function repaired(dir: string, kind: RunKind): Promise<boolean> {
  const record = readRunRecord(dir);
  if (!record.resumable || record.kind !== kind) return false;
  const run = await RunFolder.resume(dir);
  try {
    if (!(await run.lacksOnlyManifest())) return false;
    await run.finish();
    return true;
  } finally {
    await run.close();
  }
}

/**
 * Reads how an interrupted run was begun, to resume it. Takes no lock and writes nothing.
 *
 * @param settings schema of its settings; any when absent
 * @throws {RunInputError} when it is finished, of another kind, or was stopped before there was anything to resume
 */
export function readUnfinishedRun<Settings = unknown>(
  dir: string,
  kind: RunKind,
  settings: z.ZodType<Settings> = z.unknown() as unknown as z.ZodType<Settings>,
): UnfinishedRun<Settings> {
  const record = readRunRecord(dir);
  requireKind(dir, record.kind, kind);
  const root = unfinishedRoot(dir);
  if (root === null) throw new RunInputError(`${dir} is finished: there is nothing left to resume.`);
  const config = readRunFile(join(root, commonFiles.config), runConfigSchema(settings));
  const environment = readRunFile(join(root, commonFiles.environment), runEnvironmentSchema);
  const data = readRunFile(join(root, commonFiles.data), runDataSchema);
  if (!config || !environment || !data) {
    throw new RunInputError(
      `${dir} was stopped before anything was computed: begin it again, and let it be overwritten.`,
    );
  }
  return { ...config, environment, fingerprint: data.fingerprint };
}

/** Reads `config.json` of a finished run, or of one that was interrupted. @throws {DamagedFileError} */
export function readRunConfig<Settings = unknown>(
  dir: string,
  settings: z.ZodType<Settings> = z.unknown() as unknown as z.ZodType<Settings>,
): RunConfig<Settings> {
  const record = readRunRecord(dir);
  const root = record.finished ? readableRoot(dir) : (unfinishedRoot(dir) ?? dir);
  const path = join(root, commonFiles.config);
  const config = readRunFile(path, runConfigSchema(settings));
  if (config === null) throw new DamagedFileError(path, 'it is missing');
  return config;
}

/** The settings of a run that is resumed: those it was begun with. Each setting that is given must be the same. */
function settingsOfRun<Settings extends object>(dir: string, saved: Settings, given: object = {}): Settings {
  const differences = [...differ(saved, given, '')];
  if (differences.length === 0) return saved;
  throw new RunInputError(
    `${dir} was begun with other settings: ${differences.join('; ')}. Leave them out, or begin a new run.`,
  );
}

function* differ(saved: unknown, given: unknown, path: string): Generator<string> {
  if (given === undefined) return;
  if (isRecord(given) && (isRecord(saved) || Object.keys(given).length === 0)) {
    for (const [name, value] of Object.entries(given)) {
      yield* differ(isRecord(saved) ? saved[name] : undefined, value, path === '' ? name : `${path}.${name}`);
    }
  } else if (JSON.stringify(saved) !== JSON.stringify(given)) {
    yield `${path} was ${JSON.stringify(saved) ?? 'not there'}, and ${JSON.stringify(given)} is asked for`;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Checks that a run is resumed under the conditions it was begun with.
 *
 * @returns what differs and may change last digits; null for nothing
 * @throws {RunInputError} when results would not be those of an uninterrupted run: other data, another backend, another mode of
 * low precision, or fused ops that come or go (they may draw other dropout masks)
 */
function requireSame(
  dir: string,
  begun: UnfinishedRun,
  { data, environment }: { readonly data: string; readonly environment: RunEnvironment },
): { readonly note: string | null } {
  const refuse = (what: string, fix: string): never => {
    throw new RunInputError(`${dir} was begun ${what}: ${fix}, or begin a new run.`);
  };
  if (begun.fingerprint !== data) {
    refuse(
      `with other data (fingerprint ${short(begun.fingerprint)}, and ${short(data)} now)`,
      'resume it with its own',
    );
  }
  const { backend, fusedOps } = begun.environment;
  if (backend !== environment.backend) {
    refuse(
      `on the backend ${backend}, and this is ${environment.backend}, which rounds otherwise`,
      `resume it on ${backend}`,
    );
  }
  if (fusedOps !== environment.fusedOps) {
    refuse(
      `${withFusedOps(fusedOps)}, and this is ${withFusedOps(environment.fusedOps)}, which may draw other dropout masks`,
      fusedOps
        ? 'resume it where @fin/kernels can be loaded and FIN_KERNELS is not 0'
        : 'resume it with FIN_KERNELS=0',
    );
  }
  const [mode, modeNow] = [begun.environment, environment].map(({ precision }) => precision.decision?.mode);
  if (mode !== modeNow) {
    refuse(
      `with ${environment.precision.asked} in mode "${mode}", and this is "${modeNow}", which rounds otherwise`,
      `resume it with FIN_AMP_MODE=${mode} or on a machine like the first`,
    );
  }
  const changed = (['tensorflowVersion', 'cpu', 'cores'] as const).filter(
    (name) => begun.environment[name] !== environment[name],
  );
  const clauses = changed.map((name) => `${name} was ${begun.environment[name]}, is ${environment[name]}`);
  return { note: clauses.length === 0 ? null : clauses.join('; ') };
}

const withFusedOps = (fusedOps: boolean): string => (fusedOps ? 'with fused ops' : 'without fused ops');

const short = (fingerprint: string): string => fingerprint.slice(0, 12);
