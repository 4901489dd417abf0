import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('the example of the README is the one that runs here', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const example = await readFile(new URL('./readme-example.ts', import.meta.url), 'utf8');
  expect(/```ts\n([\s\S]*?)```/.exec(readme)?.[1]).toBe(example.replace('../src/index.js', '@fin/viz'));

  const home = process.cwd();
  const folder = await mkdtemp(join(tmpdir(), 'fin-viz-'));
  process.chdir(folder);
  try {
    await import('./readme-example.js');
    expect(await readFile('learning-curve.svg', 'utf8')).toContain('best: epoch 2');
  } finally {
    process.chdir(home);
    await rm(folder, { recursive: true });
  }
});
