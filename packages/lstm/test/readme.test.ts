import { readFile } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';

it('the example of the README is the one that runs here', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const example = await readFile(new URL('./readme-example.ts', import.meta.url), 'utf8');
  expect(/```ts\n([\s\S]*?)```/.exec(readme)?.[1]).toBe(example.replace('../src/index.js', '@fin/lstm'));

  const print = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import('./readme-example.js');
  expect(print.mock.calls).toEqual([
    [
      [32, 10, 32],
      [32, 32],
      [32, 32],
    ],
    ['weight_ih_l0', [128, 6]],
    ['weight_hh_l0', [128, 32]],
    ['bias_ih_l0', [128]],
    ['bias_hh_l0', [128]],
  ]);
  print.mockRestore();
});
