import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { bench, COMMIT } from './tiny-model.js';

const at = bench();
const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

it("the README's example is this one, and prints what it says", async () => {
  const source = read('./readme-example.ts');
  const shown = /```ts\n([\s\S]*?)```/.exec(read('../README.md'))?.[1];
  expect(shown).toBe(source.replace("'../src/index.js'", "'@fin/sources'"));

  for (const [name, value] of Object.entries(at.env)) vi.stubEnv(name, value);
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import('./readme-example.js');
  const printed = log.mock.calls;
  log.mockRestore();
  vi.unstubAllEnvs();
  expect(printed[0]).toEqual([expect.stringMatching(/^config\.json: 0 of \d+ bytes$/)]);
  expect(printed.slice(-2)).toEqual([[expect.stringContaining(at.cache), COMMIT], [true]]);
});
