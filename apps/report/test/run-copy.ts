import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunFolder } from '@fin/run';
import { afterAll } from 'vitest';
import type { FixtureOptions } from './fixture-run.js';
import { writeFixtureRun } from './fixture-run.js';

/** Where the runs of one test file are, until it ends. */
const root = join(tmpdir(), `fin-report-${randomUUID()}`);
afterAll(() => rm(root, { recursive: true, force: true }));

/** A fresh fixture run in a folder of its own, named after what it is. */
export async function fixtureRun(options: FixtureOptions = {}): Promise<string> {
  await mkdir(root, { recursive: true });
  const runDir = join(await mkdtemp(join(root, 'run-')), 'fixture-run');
  await writeFixtureRun(runDir, options);
  return runDir;
}

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
