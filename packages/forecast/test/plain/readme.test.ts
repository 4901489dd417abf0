import { readFileSync } from 'node:fs';
import { format } from 'node:util';
import { expect, it, vi } from 'vitest';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

it("the README's second example is this one, and prints what it says", async () => {
  const source = read('./readme-example.ts');
  const shown = [...read('../../README.md').matchAll(/```ts\n([\s\S]*?)```/g)][1]?.[1];
  expect(shown).toBe(source.replace("'../../src/index.js'", "'@fin/forecast'"));

  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import('./readme-example.js');
  const printed = log.mock.calls.map((words) => `// ${format(...words)}`);
  log.mockRestore();
  expect(printed).toEqual(source.split('\n').filter((line) => line.startsWith('// ')));
});
