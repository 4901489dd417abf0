import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasNativeOps } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { emptyStream } from '../../src/empty-stream.js';
import { BertForSequenceClassification, createConfig } from '../../src/index.js';
import { getPeftModel } from '../../src/lora/index.js';

// 438 MB of zeros: natively they take no time; elsewhere they would be the largest thing of all tests.
it.skipIf(!hasNativeOps())(
  'BERT-base with r = 8 on query and value trains 297,219 of its weights',
  async () => {
    const config = createConfig({ id2label: ['positive', 'negative', 'neutral'] });
    const model = new BertForSequenceClassification(config, { init: emptyStream });
    const before = tf.memory().numBytes;
    const peft = getPeftModel(model, {}, { init: emptyStream });
    expect(tf.memory().numBytes - before).toBe(4 * 297_219);
    const lines: string[] = [];
    peft.printTrainableParameters((line) => lines.push(line));
    expect(lines).toEqual(['trainable params: 297,219 || all params: 109,781,766 || trainable%: 0.2707']);
    const dir = await mkdtemp(join(tmpdir(), 'fin-lora-'));
    try {
      await peft.savePretrained(dir);
      const { size } = await stat(join(dir, 'adapter_model.safetensors'));
      expect(size / 1e6).toBeCloseTo(1.2, 1);
    } finally {
      await rm(dir, { recursive: true });
      peft.dispose();
    }
  },
);
