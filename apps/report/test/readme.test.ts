import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeFixtureRun, writeFixtureTuning } from './fixture-run.js';

it('the example of the README is the one that runs here', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const example = await readFile(new URL('./readme-example.ts', import.meta.url), 'utf8');
  expect(/```ts\n([\s\S]*?)```/.exec(readme)?.[1]).toBe(example.replace('../src/index.js', '@fin/report'));

  const home = process.cwd();
  const folder = await mkdtemp(join(tmpdir(), 'fin-report-readme-'));
  process.chdir(folder);
  try {
    await writeFixtureRun('runs/my-run');
    await writeFixtureTuning('runs/my-tuning');
    await import('./readme-example.js');
    expect(await readFile('report/index.html', 'utf8')).toContain('2 runs: my-run, my-tuning.');
  } finally {
    process.chdir(home);
    await rm(folder, { recursive: true });
  }
});
