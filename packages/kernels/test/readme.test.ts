import { readFile } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';

it('the example of the README is the one that runs here', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const example = await readFile(new URL('./readme-example.ts', import.meta.url), 'utf8');
  expect(/```ts\n([\s\S]*?)```/.exec(readme)?.[1]).toBe(example.replace('../src/index.js', '@fin/kernels'));

  const print = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import('./readme-example.js');
  expect(print.mock.calls[0][0]).toMatch(/^(fused|composed: .*\.)$/);
  expect(print.mock.calls[1]).toEqual([[], [16]]);
  print.mockRestore();
});
