import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WorkerProcess } from '../src/index.js';

const library = pathToFileURL(join(import.meta.dirname, '../dist/index.js')).href;
let dir: string;
let program: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'fin-worker-'));
  program = join(dir, 'program.mjs');
  writeFileSync(
    program,
    `import { serveJobs } from '${library}';
    let base = 0;
    serveJobs({
      async start(options) { base = options.base; },
      async run(input, onProgress) {
        if (input === 'wrong') throw Object.assign(new Error('that is wrong'), { kind: 'input' });
        if (input === 'end') { console.error('last words'); process.exit(3); }
        if (input === 'pid') return base + process.pid;
        if (input === 'wait') await new Promise(() => {});
        onProgress(0.5);
        return base + input;
      },
    });`,
  );
});

afterAll(() => rmSync(dir, { recursive: true }));

const quiet = { onProgress: (): void => {} };

it('does one job after another, with the options of its start, and reports progress', async () => {
  const worker = new WorkerProcess<number, number>({ program, start: { base: 10 } });
  const shares: number[] = [];
  try {
    expect(await worker.run(1, { onProgress: (share) => shares.push(share) })).toBe(11);
    expect(await worker.run(2, quiet)).toBe(12);
    expect(shares).toEqual([0.5]);
  } finally {
    await worker.stop();
  }
});

it('passes on the error of a job, and does the next one', async () => {
  const worker = new WorkerProcess<number | string, number>({ program, start: { base: 0 } });
  try {
    await expect(worker.run('wrong', quiet)).rejects.toMatchObject({
      message: 'that is wrong',
      kind: 'input',
    });
    expect(await worker.run(2, quiet)).toBe(2);
  } finally {
    await worker.stop();
  }
});

it('says how a process ended and what it wrote', async () => {
  const worker = new WorkerProcess<string, number>({ program, start: { base: 0 } });
  await expect(worker.run('end', quiet)).rejects.toMatchObject({
    message: 'its process ended with exit code 3, and wrote: last words',
    kind: 'environment',
  });
  await worker.stop();
});

it('stops waiting when the signal says so', async () => {
  const worker = new WorkerProcess<string, number>({ program, start: { base: 0 } });
  const controller = new AbortController();
  const job = worker.run('wait', { ...quiet, signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(job).rejects.toThrow('enough');
  await worker.stop();
});

it.skipIf(process.platform === 'win32')(
  'goes on after the signals that reach all processes of a terminal or a job',
  async () => {
    const worker = new WorkerProcess<string, string>({ program, start: { base: 'pid ' } });
    try {
      const pid = Number((await worker.run('pid', quiet)).replace('pid ', ''));
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.kill(pid, signal);
      expect(await worker.run('one', quiet)).toBe('pid one');
    } finally {
      await worker.stop();
    }
  },
);
