import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { z } from 'zod';
import { addToFinishedRun, RunFolder, withRun } from '../src/index.js';

const WORKER = fileURLToPath(new URL('./kill-worker.mjs', import.meta.url));

/** A worker writes for this long at most before it is killed, in ms. */
const LONGEST_LIFE = 120;

/**
 * Kills a process that overwrites a run, or adds an evaluation to it, at random moments. After each kill the folder must hold one
 * whole finished run, first for a reader that may not write, then after the next command that writes.
 */
export async function killWriters(what: 'overwrite' | 'evaluate', kills: number): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'fin-kill-'));
  const dir = join(home, 'run');
  try {
    await firstRun(dir);
    for (let kill = 0; kill < kills; kill++) {
      await killAtRandom([WORKER, what, dir]);
      await expectWhole(dir);
      await addToFinishedRun(dir, 'evaluation.json', JSON.stringify(`kill ${kill}`));
      const run = await expectWhole(dir);
      expect(await run.readJson('evaluation.json')).toBe(`kill ${kill}`);
    }
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

function firstRun(dir: string): Promise<unknown> {
  const environment = {
    backend: 'cpu',
    tensorflowVersion: '1',
    fusedOps: false,
    precision: { asked: 'fp32', decision: null, summary: '' },
    node: '20',
    platform: 'linux',
    cpu: 'any',
    cores: 1,
    notes: [],
  };
  return withRun(
    {
      dir,
      kind: 'forecaster',
      resolve: () => ({}),
      schema: z.object({}),
      open: async () => ({ inputs: [], source: {}, environment, data: { fingerprint: 'first' } }),
    },
    async ({ run }) => {
      await run.writeText('checkpoint/forecaster.json', 'first');
      await run.writeText('predictions.csv', 'first');
      return true;
    },
  );
}

/** Opens the run, which compares every file with the manifest, and compares its files with one another. */
async function expectWhole(dir: string): Promise<RunFolder> {
  const run = await RunFolder.open(dir, 'forecaster');
  const { fingerprint } = await run.readJson<{ fingerprint: string }>('data.json');
  for (const name of ['checkpoint/forecaster.json', 'predictions.csv']) {
    expect(await readFile(run.path(name), 'utf8')).toBe(fingerprint);
  }
  return run;
}

async function killAtRandom(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), LONGEST_LIFE * Math.random()));
  const signal = await new Promise((resolve) => child.on('close', (_, by) => resolve(by)));
  expect(signal, errors).toBe('SIGKILL');
}
