import { join } from 'node:path';
import type { RunEnvironment, RunSource, StoredJob, StoredResult } from '@fin/run';
import {
  commonFiles,
  isMadeFrom,
  parseJobArchive,
  RunFolder,
  RunInputError,
  readRunConfig,
  readRunRecord,
  runEnvironmentSchema,
  runKinds,
} from '@fin/run';
import { describeDifference } from '@fin/train';
import type { FoldForecast } from './fold-job.js';
import type { PartSettings } from './part-settings.js';
import { partSettingsSchema } from './part-settings.js';
import { programVersion } from './program-version.js';
import type { BacktestSettings } from './settings.js';

/** A training that was done in a part. */
export interface PartTraining {
  /** The file that holds it. */
  readonly file: string;
  readonly stored: StoredResult<FoldForecast>;
}

/** Trainings that were done in parts, by name. */
export type PartTrainings = ReadonlyMap<string, PartTraining>;

/** The parts of a run, whole and of one kind. */
export interface WalkParts {
  /** The run that they are parts of. */
  readonly of: 'backtest' | 'sweep';
  /** Settings of the run. */
  readonly settings: BacktestSettings;
  /** Sources of the data, as the first part has them. */
  readonly source: RunSource;
  /** Machine and software of the first part. */
  readonly environment: RunEnvironment;
  readonly trainings: PartTrainings;
}

/** One part, as it was read. */
interface ReadPart {
  readonly dir: string;
  readonly kind: PartKind;
  readonly settings: PartSettings;
  readonly source: RunSource;
  readonly environment: RunEnvironment;
  /** Content of `data.json`. */
  readonly data: unknown;
  /** Package and version that trained it. */
  readonly program: string;
  /** Path of the file of trainings. */
  readonly file: string;
  readonly results: ReadonlyMap<string, StoredResult<FoldForecast>>;
}

const partKinds = ['backtest-part', 'sweep-part'] as const;
type PartKind = (typeof partKinds)[number];

/**
 * Reads the parts of a run that {@link trainPart} wrote, and checks that they belong together. Writes nothing.
 *
 * @param dirs folders of all parts, in any order. A copy of a part may be among them
 * @throws {RunInputError} of `@fin/run` when a folder is no part, a part is missing, or parts are of different runs: with other settings, data,
 *   package versions, backends or modes of low precision. Names folder, file and field
 * @throws {RunUnfinishedError} of `@fin/run` when a part is not finished
 * @throws {DamagedFileError} of `@fin/files` when a file of a part is damaged
 */
export async function readParts(dirs: readonly string[]): Promise<WalkParts> {
  const parts: ReadPart[] = [];
  for (const dir of dirs) parts.push(await readPart(dir));
  const [first] = parts;
  if (first === undefined) throw new RunInputError('there are no parts: give their folders');
  for (const part of parts) requireSameRun(first, part);
  requireAllParts(parts);
  const { part: _, ...settings } = first.settings;
  const { source, environment, kind } = first;
  const of = kind === 'backtest-part' ? 'backtest' : 'sweep';
  return { of, settings, source, environment, trainings: trainingsOf(parts) };
}

async function readPart(dir: string): Promise<ReadPart> {
  const { kind } = readRunRecord(dir);
  if (!isPartKind(kind)) {
    throw new RunInputError(
      `${dir} is ${runKinds[kind].words}, not a part of a run: parts are made with --part, such as --part 1/4`,
    );
  }
  const run = await RunFolder.open(dir, kind);
  const { settings, source } = readRunConfig(dir, partSettingsSchema);
  const environment = await run.readJson(commonFiles.environment, runEnvironmentSchema);
  const data = await run.readJson(commonFiles.data);
  const name = runKinds[kind].files.trainings;
  const file = join(dir, name);
  const archive = parseJobArchive<FoldForecast>(file, await run.readText(name));
  return { dir, kind, settings, source, environment, data, file, ...archive };
}

const isPartKind = (kind: string): kind is PartKind => (partKinds as readonly string[]).includes(kind);

/** @throws {RunInputError} unless two parts were made by the same command, but for their numbers */
function requireSameRun(first: ReadPart, part: ReadPart): void {
  const program = programVersion();
  if (part.program !== program) {
    throw new RunInputError(
      `${part.file}, line 1: program is ${part.program}, and this is ${program}: merge with the version that trained the parts`,
    );
  }
  const places = [`in ${first.dir}`, `in ${part.dir}`] as const;
  const refuse = (file: string, difference: string, fix: string): never => {
    throw new RunInputError(`${join(part.dir, file)} does not belong to ${first.dir}: ${difference}. ${fix}`);
  };
  const compare = (file: string, a: unknown, b: unknown, fix: string): void => {
    const difference = describeDifference(a, b, places);
    if (difference !== null) refuse(file, difference, fix);
  };
  compare(commonFiles.run, { kind: first.kind }, { kind: part.kind }, 'Give the parts of one run.');
  compare(
    commonFiles.config,
    wholeOf(first),
    wholeOf(part),
    'Give the parts of one run, or train this part again with the settings of the others.',
  );
  compare(commonFiles.data, first.data, part.data, 'Train this part again with the data of the others.');
  compare(
    commonFiles.environment,
    computingOf(first.environment),
    computingOf(part.environment),
    'These compute otherwise: train this part again as the others.',
  );
}

/** Settings that all parts of a run have. */
const wholeOf = ({ settings: { part, ...settings } }: ReadPart) => ({ ...settings, parts: part.count });

/** What decides how results are computed, but for last digits. */
export function computingOf({ backend, fusedOps, precision }: RunEnvironment): object {
  return { backend, fusedOps, precision: { asked: precision.asked, mode: precision.decision?.mode ?? null } };
}

/** @throws {RunInputError} unless this process computes as the parts did */
export function requireSameComputing(parts: WalkParts, environment: RunEnvironment): void {
  const difference = describeDifference(computingOf(parts.environment), computingOf(environment), [
    'in the parts',
    'here',
  ]);
  if (difference === null) return;
  throw new RunInputError(
    `the parts were not computed as they would be here: ${difference}. Merge them on a machine, and with settings, like theirs.`,
  );
}

/**
 * The result of a training that was done in a part.
 *
 * @throws {RunInputError} when no part has it, or it was made from other inputs
 */
export function takeTraining(trainings: PartTrainings, { name, inputs }: StoredJob): FoldForecast {
  const found = trainings.get(name);
  if (found === undefined) {
    throw new RunInputError(`no part has the training ${name}: train the parts again with this version`);
  }
  if (isMadeFrom(found.stored, inputs)) return found.stored.result;
  throw new RunInputError(
    `${found.file}: ${name} was trained on other data or from another model than those given now. Merge with the files that the parts were trained on.`,
  );
}

/** @throws {RunInputError} unless each part is there once, or with copies of it */
function requireAllParts(parts: readonly ReadPart[]): void {
  const byIndex = new Map<number, ReadPart>();
  for (const part of parts) {
    const { index, count } = part.settings.part;
    const other = byIndex.get(index);
    byIndex.set(index, other ?? part);
    if (other === undefined) continue;
    const difference = describeDifference(digestsOf(other), digestsOf(part), [
      `in ${other.file}`,
      `in ${part.file}`,
    ]);
    if (difference === null) continue;
    throw new RunInputError(
      `${other.dir} and ${part.dir} are both part ${index} of ${count}, with different results: ${difference}. Leave one of them out.`,
    );
  }
  const { count } = parts[0].settings.part;
  const missing = Array.from({ length: count }, (_, i) => i + 1).filter((index) => !byIndex.has(index));
  if (missing.length === 0) return;
  const which = missing.length === 1 ? `part ${missing[0]} is` : `parts ${missing.join(', ')} are`;
  throw new RunInputError(
    `${which} missing of ${count}: give all folders; a part that was not trained yet is made with --part ${missing[0]}/${count} and the options of the others`,
  );
}

/** sha256 of each training, by name. */
const digestsOf = ({ results }: ReadPart): object =>
  Object.fromEntries([...results].map(([name, { inputs, sha256 }]) => [name, { inputs, sha256 }]));

function trainingsOf(parts: readonly ReadPart[]): Map<string, PartTraining> {
  const trainings = new Map<string, PartTraining>();
  for (const { file, results } of parts) {
    for (const [name, stored] of results) trainings.set(name, { file, stored });
  }
  return trainings;
}
