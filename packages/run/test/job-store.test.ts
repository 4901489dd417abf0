import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { formatJobArchive, isMadeFrom, JobStore, parseJobArchive, RunFolder } from '../src/index.js';

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

it('passes results on to another run in one file, and names the line that is damaged', () => {
  const text = formatJobArchive('a program 1.0.0', [
    { job, result: { loss: 0.5 } },
    { job: { name: 'job-2', inputs: 'others' }, result: [1, 'two'] },
  ]);
  const { program, results } = parseJobArchive('results.jsonl', text);
  expect(program).toBe('a program 1.0.0');
  expect([...results].map(([name, { result }]) => [name, result])).toEqual([
    ['job-1', { loss: 0.5 }],
    ['job-2', [1, 'two']],
  ]);
  expect(isMadeFrom(results.get('job-1')!, job.inputs)).toBe(true);
  expect(isMadeFrom(results.get('job-2')!, job.inputs)).toBe(false);
  expect(parseJobArchive('results.jsonl', formatJobArchive('a program', [])).results.size).toBe(0);
  for (const [from, to, message] of [
    ['fin-job-results', 'other', 'results.jsonl, line 1 is damaged: format'],
    ['"two"', '"three"', 'results.jsonl, line 3 is damaged: sha256 is not that of the result of job-2'],
    ['"two"]}\n', '', 'results.jsonl, line 3 is damaged: it is not JSON'],
  ]) {
    expect(() => parseJobArchive('results.jsonl', text.replace(from, to))).toThrow(message);
  }
});
