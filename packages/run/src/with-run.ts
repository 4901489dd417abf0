import { join } from 'node:path';
import { DamagedFileError } from '@fin/files';
import { z } from 'zod';
import { RunInputError } from './errors.js';
import type { RunConfig, RunEnvironment, RunSource } from './run-files.js';
import { readRunFile, runConfigSchema, runDataSchema, runEnvironmentSchema } from './run-files.js';
import { RunFolder } from './run-folder.js';
import type { RunKind } from './run-kinds.js';
import { CHECKPOINTS, commonFiles } from './run-kinds.js';
import { readableRoot, readRunRecord, unfinishedRoot } from './run-record.js';

/** Checkpoint to resume from: the newest one (`true`), or the newest undamaged one (`'lastGood'`). `false` does not resume. */
export type ResumeFrom = boolean | 'lastGood';

/** Settings and inputs of an interrupted run. */
export interface UnfinishedRun<Settings = unknown> extends RunConfig<Settings> {
  readonly environment: RunEnvironment;
  /** Fingerprint of the run's data. */
  readonly fingerprint: string;
}

/** Inputs of a run, opened and checked before its folder is touched. */
export interface OpenedRun {
  /** Files and folders that the run reads; none may lie in the run folder. */
  readonly inputs: readonly string[];
  /** Sources of the inputs, recorded in `config.json`. */
  readonly source: RunSource;
  readonly environment: RunEnvironment;
  /** Content of `data.json`. A resumed run must have the same fingerprint. */
  readonly data: { readonly fingerprint: string };
}

/** Options of {@link withRun}. */
export interface RunOptions<Settings extends object, Opened extends OpenedRun> {
  readonly dir: string;
  readonly kind: RunKind;
  /** Whether to replace a run of this kind in the folder. The old run stays until the new one is finished. @default false */
  readonly overwrite?: boolean;
  /** Whether to resume the run in the folder. @default false */
  readonly resume?: ResumeFrom;
  /** Settings given by the caller. For a resumed run, each must be the same as before. */
  readonly settings?: object;
  /** Fills in the defaults and checks the settings of a new run. */
  readonly resolve: () => Settings;
  /** Schema of the settings in `config.json`. */
  readonly schema: z.ZodType<Settings>;
  /** Opens and checks all inputs. @param begun the interrupted run that is resumed; null for a new run */
  readonly open: (settings: Settings, begun: UnfinishedRun<Settings> | null) => Promise<Opened>;
  /** Called when the run lacked only its manifest. The manifest has been written, and there is no other work. */
  readonly onRepaired?: () => void;
  /** Stops the run. This is not an error: the result is null. */
  readonly signal?: AbortSignal;
}

/** Arguments for the work of a run. */
export interface RunContext<Settings, Opened> {
  readonly run: RunFolder;
  readonly settings: Settings;
  readonly opened: Opened;
  /** Null for a new run. For a resumed one, `note` names differences that may change last digits; null if there are none. */
  readonly resumed: { readonly note: string | null } | null;
}

/**
 * Runs any kind of work in a run folder, from settings to manifest:
 *
 * ```
 * settings ── open inputs ──┬── new: run.json, config.json, environment.json, data.json ──┬── work ──┬── result: manifest
 *  (given or config.json)   └── resumed: must be the same ────────────────────────────────┘          ├── null: stopped
 *                                                                                                    └── error
 * ```
 *
 * A run that is stopped or fails is kept if it can be resumed, and deleted otherwise. A run that it would have replaced stays
 * until the new one is finished.
 *
 * @param work writes the results; returns null when it was stopped
 * @returns the result of the work; null when the run was stopped, or lacked only its manifest
 * @throws {RunInputError} when the folder cannot be used, or a run cannot be resumed with these options; names the differences
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

/** Closes an unfinished run. Deletes it if it is new and has no checkpoint. */
async function leave(run: RunFolder, resumed: boolean): Promise<void> {
  if (resumed || (await run.hasCheckpoints())) await run.close();
  else await run.discard();
}

/** Writes the manifest of a run that lacks only that. */
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
 * Reads settings and inputs of an interrupted run, to resume it. Takes no lock and writes nothing.
 *
 * @param settings schema of its settings; without it, they are not checked
 * @throws {RunInputError} when it is finished, of another kind, or was stopped before there was anything to resume
 */
export function readUnfinishedRun<Settings = unknown>(
  dir: string,
  kind: RunKind,
  settings: z.ZodType<Settings> = z.unknown() as unknown as z.ZodType<Settings>,
): UnfinishedRun<Settings> {
  readRunRecord(dir, kind);
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

/** Settings of a resumed run. Each setting that the caller gives must equal the stored one. */
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
 * Checks that a run is resumed with the same data, backend and precision mode.
 *
 * @returns differences that may change last digits; null if there are none
 * @throws {RunInputError} when a difference would change the results: other data, another backend, another mode of low precision,
 *   or fused ops that are available only before or only now (they may draw other dropout masks)
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
