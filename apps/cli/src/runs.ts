import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ProfileSummary } from '@fin/profiler';
import type { RunKind, RunRecord, RunSource } from '@fin/run';
import { commonFiles, RunUnfinishedError, readRunConfig, readRunRecord, readUnfinishedRun } from '@fin/run';
import type { BackendName } from '@fin/runtime';
import { modelFolder } from './hub-models.js';
import { finCommand } from './io/escape.js';
import { InterruptedError, interruptible } from './io/interruption.js';
import type { Terminal } from './io/terminal.js';
import type { MarketChoice, MarketFlags } from './market.js';
import { marketOfSource } from './market.js';
import { given } from './options.js';

/** Default folder for new runs. */
export const RUNS = 'runs';

/** Folder of fine-tuning runs, apart from the others so that none is taken for the newest run to evaluate. */
export const TUNING_RUNS: string = join(RUNS, 'sentiment');

/** Folder of walk-forward runs. */
export const BACKTEST_RUNS: string = join(RUNS, 'backtests');

/** Folder of comparisons. */
export const COMPARISON_RUNS: string = join(RUNS, 'comparisons');

/** Path for a new run, named after its start in UTC, so that names sort by age. */
export function newRunFolder(parent: string, now: Date = new Date()): string {
  return join(parent, now.toISOString().slice(0, 19).replace(/[:T]/g, '-'));
}

/** There is no run to use, or it is not finished. */
export class RunChoiceError extends Error {
  readonly kind = 'input';
}

/**
 * The run folder that `--run` names, or the newest finished run of a forecaster under `runs/`.
 *
 * @throws {RunInputError} of `@fin/run` when the folder holds no run, or one of another kind
 * @throws {DamagedFileError} of `@fin/files` when its `run.json` or `config.json` is malformed
 * @throws {RunChoiceError} when the run is unfinished
 */
export async function chooseRun(run: string | undefined): Promise<string> {
  if (run === undefined) {
    const { newestRun } = await import('@fin/report');
    return newestRun(RUNS);
  }
  readRunRecord(run, 'forecaster');
  requireFinished(run);
  return run;
}

/**
 * The run folders that a report is made from: those given, or the newest finished run of a forecaster under `runs/`.
 *
 * @throws as {@link chooseRun}
 */
export async function chooseRuns(runs: readonly string[] | undefined): Promise<readonly string[]> {
  if (runs === undefined) return [await chooseRun(undefined)];
  for (const run of runs) {
    readRunRecord(run);
    requireFinished(run);
  }
  return runs;
}

function requireFinished(run: string): void {
  refuseUnfinished(run);
  readRunConfig(run);
}

/**
 * The folder of the model that `--model` names: a run of fine-tuning, the model itself, or a model of the hub.
 *
 * @throws {ModelMissingError} when there is neither a folder nor a model in the hub cache of this name
 * @throws {RunInputError} of `@fin/run` when it is a run of another kind
 * @throws {DamagedFileError} of `@fin/files` when the run's `run.json` or `config.json` is malformed
 * @throws {RunChoiceError} when the run is unfinished
 */
export async function chooseModel(named: string): Promise<string> {
  const dir = await modelFolder(named);
  const { modelOfRun } = await import('@fin/sentiment');
  try {
    const model = modelOfRun(dir);
    if (existsSync(join(dir, commonFiles.run))) readRunConfig(dir);
    return model;
  } catch (error) {
    if (error instanceof RunUnfinishedError) refuseUnfinished(dir);
    throw error;
  }
}

/** Data and backend of a run. */
export interface RunStart extends MarketChoice {
  readonly backend?: BackendName;
}

/**
 * Data and backend of a resumed run: its own, unless the command line names others.
 *
 * @param named market and backend that the command line names
 */
export function resumedStart(kind: RunKind, runDir: string, { backend, ...named }: RunStart): RunStart {
  const { environment, source } = readUnfinishedRun(runDir, kind);
  return {
    ...marketOfSource(source),
    ...given(named),
    backend: backend ?? (environment.backend as BackendName),
  };
}

/**
 * Data and backend of a new run: those of the run in `--config`, unless the command line names others.
 *
 * @param flags market and backend, the environment included
 * @param named market that the command line names
 * @param source source of the data in `--config`; null without
 */
export function newStart(flags: RunStart, named: MarketFlags, source: RunSource | null): RunStart {
  if (source === null) return flags;
  const { signal, backend } = flags;
  const market = Object.keys(named).length > 0 ? named : marketOfSource(source);
  return { ...marketOfSource({ signal: source.signal ?? null }), ...market, ...given({ signal }), backend };
}

/** The run in a folder; null where there is none that can be recognised. */
function runIn(dir: string): RunRecord | null {
  try {
    return readRunRecord(dir);
  } catch {
    return null;
  }
}

/** Whether a folder holds a run that can be resumed. */
export const isUnfinished = (dir: string): boolean => runIn(dir)?.resumable === true;

/** The command that resumes an unfinished run. */
export function howToResume(dir: string, from: readonly string[] = []): string {
  return finCommand(COMMANDS[runIn(dir)?.kind ?? 'forecaster'], '--run', dir, '--resume', ...from);
}

/** The command that writes a run of each kind. */
const COMMANDS: Readonly<Record<RunKind, string>> = {
  forecaster: 'train',
  'sentiment-tuning': 'finetune',
  backtest: 'backtest',
  sweep: 'sweep',
  'backtest-part': 'backtest',
  'sweep-part': 'sweep',
  comparison: 'compare',
  custom: 'train',
};

/** @throws {RunChoiceError} when there is a run in the folder that was not finished */
function refuseUnfinished(dir: string): void {
  if (runIn(dir)?.finished !== false) return;
  throw new RunChoiceError(
    `the run in ${dir} is unfinished: it was interrupted, or is still being trained. Resume it with: ${howToResume(dir)}`,
  );
}

/**
 * Runs work that writes a run. On a signal, the work stops cleanly. If the run is unfinished, the message says how to resume it.
 *
 * @throws {InterruptedError} after a signal; errors of the work are passed on
 */
export async function resumable<T>(
  runDir: string,
  terminal: Terminal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  try {
    return await interruptible(() => whatIsLeft(runDir), work);
  } catch (error) {
    if (!(error instanceof InterruptedError) && runIn(runDir)?.resumable) {
      const advice = adviceOn(error as Error, runDir);
      if (advice) terminal.line(`note: ${advice}`);
    }
    throw error;
  }
}

/** Prints the result of `--resume` for a run that lacked only its manifest: nothing was computed, so there are no figures. */
export function reportRepaired(run: string, json: boolean, terminal: Terminal): void {
  terminal.result(json, { run, repaired: true }, (result) => [result.run]);
}

function whatIsLeft(runDir: string): string {
  const run = runIn(runDir);
  if (run?.resumable) return `; resume with: ${howToResume(runDir)}`;
  return run ? `; the run in ${runDir} is finished` : '; no run was written';
}

function adviceOn({ name, kind }: Error & { readonly kind?: string }, runDir: string): string | null {
  if (name === 'DamagedFileError') {
    return `resume from the last undamaged checkpoint: ${howToResume(runDir, ['last-good'])}`;
  }
  if (name === 'RunExistsError') return `resume it with: ${howToResume(runDir)}`;
  if (name === 'FolderLockedError' || kind === 'input') return null;
  return `the run is kept; resume with: ${howToResume(runDir)}`;
}

/** Describes where a resumed run continues. */
export function resumeText(event: {
  readonly done: number;
  readonly total: number;
  readonly epoch: number;
  readonly note: string | null;
}): string {
  const { done, total, epoch, note } = event;
  const place =
    done === 0
      ? 'there is no checkpoint yet: training starts at the beginning'
      : `resuming after update ${done} of ${total} (epoch ${epoch.toFixed(2)})`;
  return note === null ? place : `${place}; last digits may differ: ${note}`;
}

/** Says what was profiled. */
export function profileText({ summary }: { readonly summary: ProfileSummary }): string {
  const { about, steps, duration } = summary;
  const milliseconds = duration / steps / 1000;
  return `profiled updates ${about.updates}: ${milliseconds.toFixed(1)} ms each; see profile.txt and trace.json of the run`;
}
