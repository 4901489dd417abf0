import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

it("the README's example is this one, and it runs as a single process", async () => {
  const shown = /```ts\n([\s\S]*?)```/.exec(read('../README.md'))?.[1];
  expect(shown).toBe(read('./readme-example.ts').replace("'../src/index.js'", "'@fin/parallel'"));
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import('./readme-example.js');
  expect(log.mock.calls[0][0]).toMatch(/^rank 0 of 1, \d+ threads$/);
  log.mockRestore();
});
