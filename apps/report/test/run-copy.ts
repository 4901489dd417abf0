import { randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunFolder } from '@fin/run';
import { writeFixtureComparison } from './fixture-comparison.js';
import type { FixtureOptions } from './fixture-run.js';
import { writeFixtureBacktest, writeFixtureRun, writeFixtureTuning } from './fixture-run.js';

/** Where the runs of one test file are, until it ends. */
const root = join(tmpdir(), `fin-report-${randomUUID()}`);

/** Fixtures that were already made, by what they are. Making one takes longer than copying it. */
const made = new Map<string, string>();

/** Removes the runs at the end of a test file. */
export async function removeRunCopies(): Promise<void> {
  made.clear();
  await rm(root, { recursive: true, force: true });
}

async function copyOf(name: string, key: unknown, write: (dir: string) => Promise<void>): Promise<string> {
  await mkdir(root, { recursive: true });
  const id = JSON.stringify([name, key]);
  let original = made.get(id);
  if (original === undefined) {
    original = join(await mkdtemp(join(root, 'made-')), name);
    await write(original);
    made.set(id, original);
  }
  const runDir = join(await mkdtemp(join(root, 'run-')), name);
  await cp(original, runDir, { recursive: true });
  return runDir;
}

/** A fresh fixture run in a folder of its own, named after what it is. */
export const fixtureRun = (options: FixtureOptions = {}): Promise<string> =>
  copyOf('fixture-run', options, (dir) => writeFixtureRun(dir, options));

/** A fresh fixture of a fine-tuning run in a folder of its own. */
export const fixtureTuning = (labels?: readonly string[]): Promise<string> =>
  copyOf('fixture-tuning', labels ?? null, (dir) => writeFixtureTuning(dir, labels));

/** A fresh fixture of a walk-forward run in a folder of its own. */
export const fixtureBacktest = (): Promise<string> =>
  copyOf('fixture-backtest', null, (dir) => writeFixtureBacktest(dir));

/** A fresh fixture of a sweep in a folder of its own. */
export const fixtureSweep = (): Promise<string> =>
  copyOf('fixture-sweep', null, (dir) => writeFixtureBacktest(dir, 'sweep'));

/** A fresh fixture of a comparison in a folder of its own. */
export const fixtureComparison = (options: { profiles: boolean } = { profiles: true }): Promise<string> =>
  copyOf('fixture-comparison', options, (dir) => writeFixtureComparison(dir, options));

/** Changes files of a run the way a program would: the manifest agrees afterwards. */
export async function changeRun(runDir: string, change: (folder: RunFolder) => Promise<void>): Promise<void> {
  await rm(join(runDir, 'manifest.json'));
  const folder = await RunFolder.resume(runDir);
  await change(folder);
  await folder.finish();
}

/** Changes one JSON file of a run. */
export async function changeJson<T>(
  runDir: string,
  name: string,
  change: (value: T) => unknown,
): Promise<void> {
  await changeRun(runDir, async (folder) => folder.writeJson(name, change(await folder.readJson<T>(name))));
}
