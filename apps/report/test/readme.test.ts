import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeFixtureRun } from './fixture-run.js';

it('the example of the README is the one that runs here', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const example = await readFile(new URL('./readme-example.ts', import.meta.url), 'utf8');
  expect(/```ts\n([\s\S]*?)```/.exec(readme)?.[1]).toBe(example.replace('../src/index.js', '@fin/report'));

  const home = process.cwd();
  const folder = await mkdtemp(join(tmpdir(), 'fin-report-readme-'));
  process.chdir(folder);
  try {
    await writeFixtureRun('runs/my-run');
    await import('./readme-example.js');
    expect(await readFile('report.html', 'utf8')).toContain('Run my-run.');
  } finally {
    process.chdir(home);
    await rm(folder, { recursive: true });
  }
});
