import { readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunFolder } from '@fin/run';
import { expect, it, vi } from 'vitest';
import type { FitResult } from '../src/index.js';

/** Runs an example in an empty folder, after comparing it with the one at this place in the README. Gives what it printed last. */
async function runExample(
  place: number,
  name: string,
  load: () => Promise<unknown>,
  check: (printed: unknown[]) => unknown,
): Promise<void> {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const example = await readFile(new URL(`./${name}.ts`, import.meta.url), 'utf8');
  const shown = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)][place]?.[1];
  expect(shown).toBe(example.replace('../src/index.js', '@fin/train'));

  const print = vi.spyOn(console, 'log').mockImplementation(() => {});
  const home = process.cwd();
  const folder = await mkdtemp(join(tmpdir(), 'fin-train-'));
  process.chdir(folder);
  try {
    await load();
    await check(print.mock.calls.at(-1)!);
  } finally {
    process.chdir(home);
    print.mockRestore();
    await rm(folder, { recursive: true, force: true });
  }
}

it('the first example of the README is the one that runs here, and can be resumed', async () => {
  await runExample(
    0,
    'readme-short',
    () => import('./readme-short.js'),
    (printed) => {
      expect(printed).toEqual(['completed', 70]); // 10 epochs of 7 batches
      expect(readdirSync('checkpoints').length).toBeGreaterThan(0);
    },
  );
});

it('the second example of the README is the one that runs here', async () => {
  await runExample(
    1,
    'readme-example',
    () => import('./readme-example.js'),
    async ([reason, best]) => {
      expect(['completed', 'earlyStopping']).toContain(reason);
      expect((best as FitResult['best'])!.metrics.loss).toBeLessThan(0.05); // y has a variance of 1/9
      const run = await RunFolder.open('runs/product');
      expect(run.readMetrics().length).toBeGreaterThan(10);
    },
  );
});
