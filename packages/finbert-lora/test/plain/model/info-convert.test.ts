import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { SafetensorsDtype } from '@fin/files/safetensors';
import { openSafetensors, writeSafetensors } from '@fin/files/safetensors';
import { sharedPath } from '@fin/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../src/checkpoint/index.js';
import { configToJson } from '../../../src/config/config-json.js';
import type { BertConfig } from '../../../src/index.js';
import { convertModel, modelInfo } from '../../../src/index.js';
import { parameterShapes } from '../../../src/model/inspect-model.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { tinyConfig } from '../../support/tiny-model.js';
import { tinyVocabulary } from '../../support/tiny-tokenizer.js';

const inFolder = temporaryFolder();
const torchFile = fileURLToPath(new URL('../../fixtures/checkpoints/every-dtype.bin', import.meta.url));
const published = sharedPath('models', 'all-MiniLM-L6-v2');

const sizeOf = (shape: readonly number[]) => shape.reduce((size, axis) => size * axis, 1);

/** A model folder with weights 0, 0.1, 0.2, … */
async function modelFolder(
  name: string,
  keep: (name: string) => boolean = () => true,
  config: BertConfig = tinyConfig,
): Promise<string> {
  mkdirSync(inFolder(name));
  writeFileSync(
    inFolder(name, 'config.json'),
    JSON.stringify(configToJson(config, 'BertForSequenceClassification')),
  );
  writeFileSync(inFolder(name, 'vocab.txt'), tinyVocabulary.join('\n'));
  const tensors = [...parameterShapes(config)]
    .filter(([path]) => keep(path))
    .map(([path, shape]) => {
      const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => i / 10);
      return [path, { dtype: 'F32' as SafetensorsDtype, shape, data }] as const;
    });
  await writeSafetensors(inFolder(name, 'model.safetensors'), new Map(tensors));
  return inFolder(name);
}

describe('modelInfo', () => {
  it('describes a classifier', async () => {
    const info = await modelInfo(await modelFolder('classifier'));
    const parameters = [...parameterShapes(tinyConfig).values()].reduce(
      (sum, shape) => sum + sizeOf(shape),
      0,
    );
    expect(info).toEqual({
      architecture: 'BertForSequenceClassification',
      parameters,
      dtype: 'F32',
      labels: ['positive', 'negative', 'neutral'],
      layers: 3,
      hiddenSize: 8,
      heads: 2,
      intermediateSize: 16,
      maxLength: 12,
      vocabSize: 50,
      format: 'safetensors',
      files: [inFolder('classifier', 'model.safetensors')],
      bytes: 4 * parameters,
      missingWeights: [],
      unusedTensors: [],
      problems: [],
    });
  });

  it('gives a model without a head no labels, and names what is missing', async () => {
    const info = await modelInfo(await modelFolder('headless', (name) => !name.startsWith('classifier')));
    expect(info.labels).toEqual([]);
    expect(info.missingWeights).toEqual(['classifier.weight', 'classifier.bias']);
  });

  it('tells what keeps a model from being used', async () => {
    const dir = await modelFolder('unfit');
    const json = JSON.parse(readFileSync(inFolder('unfit', 'config.json'), 'utf8'));
    writeFileSync(inFolder('unfit', 'config.json'), JSON.stringify({ ...json, vocab_size: 40 }));
    const { problems } = await modelInfo(dir);
    expect(problems).toHaveLength(2);
    expect(problems[1]).toMatch(/word_embeddings\.weight is \[50, 8\] there and \[40, 8\] in the model/);
    expect(problems[0]).toMatch(/has 50 entries .* says 40/);
  });

  it('refuses what is no BERT', async () => {
    mkdirSync(inFolder('gpt'));
    writeFileSync(inFolder('gpt', 'config.json'), '{"model_type":"gpt2"}');
    await expect(modelInfo(inFolder('gpt'))).rejects.toThrow(/config\.json: model_type is "gpt2"/);
  });

  it.skipIf(published === null)('describes a published encoder (needs the shared models)', async () => {
    expect(await modelInfo(published!)).toMatchObject({
      architecture: 'BertModel',
      parameters: 22_713_216,
      dtype: 'F32',
      labels: [],
      layers: 6,
      hiddenSize: 384,
      missingWeights: ['classifier.weight', 'classifier.bias'],
      unusedTensors: [],
      problems: [],
    });
  });
});

describe('convertModel', () => {
  beforeAll(async () => {
    await modelFolder('torch');
    copyFileSync(torchFile, inFolder('torch', 'pytorch_model.bin'));
    const { rmSync } = await import('node:fs');
    rmSync(inFolder('torch', 'model.safetensors'));
    writeFileSync(inFolder('torch', 'optimizer.pt'), 'not part of the model');
  });

  it('turns pytorch_model.bin into safetensors, every type and value as it is', async () => {
    const converted = await convertModel(inFolder('torch'), inFolder('out', 'same'));
    const [from, to] = await Promise.all([
      openCheckpoint(inFolder('torch')),
      openCheckpoint(inFolder('out', 'same')),
    ]);
    expect(converted).toMatchObject({ from: 'pytorch', dir: inFolder('out', 'same') });
    expect(to.names().toSorted()).toEqual(from.names().toSorted());
    expect(converted.tensors).toBe(from.names().length);
    for (const name of from.names()) expect(await to.read(name)).toEqual(await from.read(name));
    expect(converted.bytes).toBe(to.names().reduce((sum, name) => sum + to.info(name).bytes, 0));
    await Promise.all([from.close(), to.close()]);
    expect(readdirSync(inFolder('out', 'same')).sort()).toEqual([
      'config.json',
      'model.safetensors',
      'vocab.txt',
    ]);
    expect(readdirSync(inFolder('out'))).toEqual(['same']);
  });

  it.each(['F32', 'BF16', 'F16'] as const)('stores every weight as %s when asked', async (dtype) => {
    const out = inFolder(`as-${dtype}`);
    const converted = await convertModel(inFolder('torch'), out, { dtype });
    const from = await openCheckpoint(inFolder('torch'));
    const to = await openSafetensors(inFolder(`as-${dtype}`, 'model.safetensors'));
    expect(to.metadata.get('format')).toBe('pt');
    for (const name of from.names()) {
      const wanted = /^(F64|F32|F16|BF16)$/.test(from.info(name).dtype) ? dtype : from.info(name).dtype;
      expect([name, to.info(name).dtype]).toEqual([name, wanted]);
    }
    expect(converted.bytes).toBe(to.names().reduce((sum, name) => sum + to.info(name).bytes, 0));
    await Promise.all([from.close(), to.close()]);
    const names = { F32: 'float32', BF16: 'bfloat16', F16: 'float16' };
    expect(JSON.parse(readFileSync(inFolder(`as-${dtype}`, 'config.json'), 'utf8')).torch_dtype).toBe(
      names[dtype],
    );
  });

  it('refuses to write over anything, and to convert what is no BERT', async () => {
    await modelFolder('there');
    await expect(convertModel(inFolder('torch'), inFolder('there'))).rejects.toThrow(/there: is not empty/);
    writeFileSync(inFolder('file'), '');
    await expect(convertModel(inFolder('torch'), inFolder('file'))).rejects.toThrow(/is not a folder/);
    await expect(convertModel(inFolder('absent'), inFolder('never'))).rejects.toThrow(/config\.json/);
    expect(readdirSync(inFolder())).not.toContain('never');
  });

  it('leaves nothing behind when the weights cannot be read', async () => {
    await modelFolder('cut');
    const whole = readFileSync(inFolder('cut', 'model.safetensors'));
    writeFileSync(inFolder('cut', 'model.safetensors'), whole.subarray(0, -3));
    const before = readdirSync(inFolder()).sort();
    await expect(convertModel(inFolder('cut'), inFolder('never'))).rejects.toThrow(/model\.safetensors/);
    expect(readdirSync(inFolder()).sort()).toEqual(before);
  });
});
