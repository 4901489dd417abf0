import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { saveBert } from '../src/index.js';
import { BertTokenizer } from '../src/tokenizer/index.js';
import { tinyModel } from './support/tiny-model.js';
import { tinyVocabulary } from './support/tiny-tokenizer.js';

it('the first example of the README is the one that runs here, on the folder of a small BERT', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const example = await readFile(new URL('./readme-adapter.ts', import.meta.url), 'utf8');
  expect(/```ts\n([\s\S]*?)```/.exec(readme)?.[1]).toBe(
    example
      .replace("'../src/index.js'", "'@fin/finbert-lora'")
      .replace("'../src/lora/index.js'", "'@fin/finbert-lora/lora'"),
  );

  const print = vi.spyOn(console, 'log').mockImplementation(() => {});
  const home = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), 'fin-adapter-'));
  const model = tinyModel({
    maxPositionEmbeddings: 64,
    hiddenDropoutProb: 0, // so that the loss of each step is comparable
    attentionProbsDropoutProb: 0,
  });
  try {
    const tokenizer = BertTokenizer.fromVocab(tinyVocabulary, { maxLength: 64 });
    await saveBert(model, tokenizer, join(folder, 'all-MiniLM-L6-v2'));
    process.chdir(folder);
    await import('./readme-adapter.js');
    const losses = print.mock.calls.map(([line]) => Number(/loss (.*)$/.exec(line)?.[1]));
    expect(losses).toHaveLength(10);
    expect(losses[9]).toBeLessThan(losses[0]);
    expect(readdirSync('adapter').sort()).toEqual(['adapter_config.json', 'adapter_model.safetensors']);
  } finally {
    model.dispose();
    process.chdir(home);
    print.mockRestore();
    rmSync(folder, { recursive: true });
  }
});

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
