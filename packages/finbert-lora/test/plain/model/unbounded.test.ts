import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomStreams } from '@fin/runtime';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../src/checkpoint/index.js';
import { convertModel, loadBert, modelInfo } from '../../../src/index.js';
import { openAdapter, readLoraConfig } from '../../../src/lora/index.js';
import { BertTokenizer } from '../../../src/tokenizer/index.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const fixtures = fileURLToPath(new URL('../../fixtures/as-loaded', import.meta.url));
const inFolder = temporaryFolder();
const init = () => randomStreams(1).stream('init');
const SOON_MS = 5000;

/** A copy of the small model with other settings. */
function changed(name: string, settings: Record<string, unknown>): string {
  const dir = inFolder(name);
  cpSync(join(fixtures, 'model'), dir, { recursive: true });
  const file = join(dir, 'config.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...settings }));
  return dir;
}

describe('a configuration that claims a huge model is refused before anything is allocated', () => {
  it.each([
    ['num_hidden_layers', 1e9],
    ['num_hidden_layers', 1000],
    ['hidden_size', 99_840],
    ['hidden_size', 1e12],
    ['intermediate_size', 1_000_000],
    ['max_position_embeddings', 10_000_000],
    ['type_vocab_size', 100_000],
    ['vocab_size', 1000],
    ['vocab_size', 10_000_000],
    ['num_labels', 100_000],
    ['num_labels', 1e9],
    ['num_attention_heads', 1e9],
  ])('%s: %d', async (field, value) => {
    const dir = changed(`${field}-${value}`, { [field]: value });
    const before = process.memoryUsage().rss;
    const start = performance.now();
    await expect(loadBert(dir, { init: init() })).rejects.toMatchObject({ kind: 'input' });
    expect(performance.now() - start).toBeLessThan(SOON_MS);
    expect(process.memoryUsage().rss - before).toBeLessThan(500 * 2 ** 20);
    const problems = await modelInfo(dir).then(
      (info) => info.problems,
      (error) => [error.message],
    );
    expect(problems).not.toEqual([]);
  });
});

describe.skipIf(process.platform === 'win32')('only regular files are read', () => {
  const attempts: Record<string, (dir: string) => unknown> = {
    'config.json': (dir) => loadBert(dir, { init: init() }),
    'tokenizer_config.json': (dir) => loadBert(dir, { init: init() }),
    'added_tokens.json': (dir) => BertTokenizer.fromDir(dir),
    'vocab.txt': (dir) => BertTokenizer.fromDir(dir),
    'tokenizer.json': (dir) => BertTokenizer.fromDir(dir),
    'model.safetensors': (dir) => openCheckpoint(dir),
    'model.safetensors.index.json': (dir) => openCheckpoint(dir),
    'pytorch_model.bin': (dir) => openCheckpoint(dir),
    'README.md': (dir) => convertModel(dir, `${dir}-converted`),
    'adapter_config.json': (dir) => readLoraConfig(dir),
    'adapter_model.safetensors': (dir) => openAdapter(dir),
    'adapter_model.bin': (dir) => openAdapter(dir),
  };
  const names = Object.keys(attempts);

  it.each([
    ...names.map((name) => [name, 'a named pipe'] as const),
    ...names.map((name) => [name, '/dev/zero'] as const),
  ])('%s is %s', async (name, kind) => {
    const dir = changed(`${name}-${kind.replaceAll('/', '-')}`, {});
    for (const beside of [
      name,
      ...(name.startsWith('model.safetensors.') || name.endsWith('model.bin') ? ['model.safetensors'] : []),
    ]) {
      rmSync(join(dir, beside), { force: true });
    }
    if (kind === '/dev/zero') symlinkSync(kind, join(dir, name));
    else execFileSync('mkfifo', [join(dir, name)]);
    await expect((async () => attempts[name](dir))()).rejects.toMatchObject({ kind: 'input' });
  });
});
