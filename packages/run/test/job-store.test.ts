import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { JobStore, RunFolder } from '../src/index.js';

let dir: string;
let run: RunFolder;
const job = { name: 'job-1', inputs: { seed: 1 } };
const ignore = (): void => {};

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fin-jobs-'));
  run = await RunFolder.create(join(dir, 'run'));
});

afterEach(async () => {
  await run.close();
  rmSync(dir, { recursive: true });
});

it('stores the result of a job among the checkpoints', async () => {
  const store = new JobStore<{ loss: number }>(run);
  expect(await store.read(job, ignore)).toBeNull();
  await store.write(job, { loss: 0.5 });
  expect(await new JobStore(run).read(job, ignore)).toEqual({ loss: 0.5 });
  expect(await run.hasCheckpoints()).toBe(true);
});

it('does not use a result of other inputs, or of a damaged file, and names the file', async () => {
  const store = new JobStore<number>(run);
  await store.write(job, 1);
  const named: string[] = [];
  expect(await store.read({ ...job, inputs: { seed: 2 } }, (file) => named.push(file))).toBeNull();
  const file = run.path('checkpoints/job-1.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"result":1', '"result":2'));
  expect(await store.read(job, (at) => named.push(at))).toBeNull();
  expect(named).toEqual([file, file]);
});
