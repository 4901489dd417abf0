import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunFolder } from '@fin/run';
import { expect, it, vi } from 'vitest';
import type { FitResult } from '../src/index.js';

it('the example of the README is the one that runs here', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const example = await readFile(new URL('./readme-example.ts', import.meta.url), 'utf8');
  expect(/```ts\n([\s\S]*?)```/.exec(readme)?.[1]).toBe(example.replace('../src/index.js', '@fin/train'));

  const print = vi.spyOn(console, 'log').mockImplementation(() => {});
  const home = process.cwd();
  const folder = await mkdtemp(join(tmpdir(), 'fin-train-'));
  process.chdir(folder);
  try {
    await import('./readme-example.js');
    const [reason, best] = print.mock.calls.at(-1) as [string, FitResult['best']];
    expect(['completed', 'earlyStopping']).toContain(reason);
    expect(best!.metrics.loss).toBeLessThan(0.05); // y has a variance of 1/9
    const run = await RunFolder.open('runs/product');
    expect(run.readMetrics().length).toBeGreaterThan(10);
  } finally {
    process.chdir(home);
    print.mockRestore();
    await rm(folder, { recursive: true, force: true });
  }
});
