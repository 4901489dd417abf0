import { readFile } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';

it('the second example of the README is the one that runs here', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const example = await readFile(new URL('./readme-example.ts', import.meta.url), 'utf8');
  expect([...readme.matchAll(/```ts\n([\s\S]*?)```/g)][1]?.[1]).toBe(
    example
      .replace("'../src/index.js'", "'@fin/finbert-lora'")
      .replace(/'\.\.\/src\/(lora|tokenizer)\/index\.js'/g, "'@fin/finbert-lora/$1'"),
  );

  const print = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import('./readme-example.js');
  expect(print.mock.calls).toEqual([
    ['trainable params: 1,090 || all params: 37,604 || trainable%: 2.8986'],
    ...[0, 1, 2].map((step) => [`step ${step}: 19 tokens, loss below 1: true`]),
    [[3, 2]],
  ]);
  print.mockRestore();
});
