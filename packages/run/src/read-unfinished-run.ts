import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CHECKPOINTS } from './checkpoints.js';
import { RunInputError } from './errors.js';
import type { RunKind } from './last-file.js';
import { lastFile } from './last-file.js';
import type { RunEnvironment } from './run-environment.js';
import { RunFolder } from './run-folder.js';

/** What a run that was interrupted had been begun with. */
export interface UnfinishedRun<Settings = unknown> {
  readonly settings: Settings;
  /** Where its data came from. */
  readonly source: Readonly<Record<string, string | number | null>>;
  readonly environment: RunEnvironment;
  /** Of its data. */
  readonly fingerprint: string;
}

const maker: Readonly<Record<RunKind, string>> = {
  forecaster: 'the training of a forecaster',
  'sentiment-tuning': 'the fine-tuning of a sentiment model',
};

/**
 * Reads how a run was begun that is to go on.
 *
 * @throws {RunInputError} when it is finished, of another kind, or was stopped before there was anything to go on with
 * @throws TrainInputError when there is no run in the folder
 */
export async function readUnfinishedRun<Settings>(
  runDir: string,
  kind: RunKind,
): Promise<UnfinishedRun<Settings>> {
  const finished = await RunFolder.isFinished(runDir);
  const [config, environment, data] = await Promise.all(
    ['config.json', 'environment.json', 'data.json'].map((name) => readJson(join(runDir, name))),
  );
  const actual = kindOf(config);
  if (actual !== null && actual !== kind) {
    throw new RunInputError(`${runDir} is ${maker[actual]}, not ${maker[kind]}: resume it as that.`);
  }
  const only = existsSync(join(runDir, lastFile[kind])) && !existsSync(join(runDir, CHECKPOINTS));
  if (!finished && only) await (await RunFolder.resume(runDir)).finish(); // stopped in the moment before the end
  if (finished || only) {
    throw new RunInputError(`${runDir} is finished: there is nothing left to resume.`);
  }
  if (!config || !environment || !data) {
    throw new RunInputError(
      `${runDir} was stopped before anything was computed: begin it again, and let it be overwritten.`,
    );
  }
  return {
    settings: config.settings as Settings,
    source: config.source as UnfinishedRun['source'],
    environment: environment as unknown as RunEnvironment,
    fingerprint: data.fingerprint as string,
  };
}

/** Whether a run is one of `tuneSentiment`, as its `config.json` says; null where there is none. */
function kindOf(config: Record<string, unknown> | null): RunKind | null {
  if (config === null) return null;
  return config.kind === 'sentiment-tuning' ? 'sentiment-tuning' : 'forecaster';
}

async function readJson(file: string): Promise<Record<string, unknown> | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  return text === null ? null : (JSON.parse(text) as Record<string, unknown>);
}
