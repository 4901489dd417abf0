import { readFileSync } from 'node:fs';
import { currentTensorFlow } from '@fin/runtime';
import { expect, it, vi } from 'vitest';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

it("the README's example is this one", () => {
  const shown = /```ts\n([\s\S]*?)```/.exec(read('../README.md'))?.[1];
  expect(shown).toBe(read('./readme-example.ts').replace("'../src/index.js'", "'@fin/profiler'"));
});

it.skipIf(currentTensorFlow().backend !== 'tensorflow')('and it runs (native TensorFlow only)', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import('./readme-example.js');
  const [[table], [complete]] = log.mock.calls;
  log.mockRestore();
  expect(table).toMatch(/^Name .*Self CPU %/);
  expect(table).toMatch(/\nBatchMatMulV2 /);
  expect(complete).toBe(true);
});
