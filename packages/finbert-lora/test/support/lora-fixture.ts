import { fileURLToPath } from 'node:url';
import { randomStreams } from '@fin/runtime';
import { parseConfig } from '../../src/config/config-json.js';
import { BertForSequenceClassification } from '../../src/index.js';
import { packSequences } from '../../src/tokenizer/index.js';
import { fixture } from './fixture.js';
import { assignHashedWeights } from './hashed-weights.js';

/** What tooling/oracle/finbert-lora-peft.py writes for an adapter. */
export interface LoraFixture {
  config: Record<string, unknown>;
  sequences: number[][];
  labels: number[];
  parameters: [name: string, shape: number[], trainable: boolean][];
  counts: [trainable: number, total: number];
  logits: number[];
  gradients: Record<string, number[]>;
  loraPlus: { learningRate: number; weightDecay: number; parameters: string[] }[];
  disabledLogits: number[];
  merged: Record<string, number[]>;
}

export const LORA_CASES = ['default', 'dora', 'patterns', 'layers'] as const;
export type LoraCase = (typeof LORA_CASES)[number];

/** Folder of the adapter as PEFT saved it. */
export function adapterFolder(name: LoraCase): string {
  return fileURLToPath(new URL(`../fixtures/lora-${name}`, import.meta.url));
}

/** A fixture with a base model and the batch that belong to it. */
export function loraCase(name: LoraCase) {
  const expected = fixture<LoraFixture>(`lora-${name}.json`);
  return { expected, ...loraModel(expected) };
}

/** The base model of all fixtures. */
export function loraModel({ config, sequences } = fixture<LoraFixture>('lora-default.json')) {
  const model = new BertForSequenceClassification(parseConfig(config), {
    init: randomStreams(1).stream('init'),
  });
  assignHashedWeights(model);
  return { model, batch: packSequences(sequences.map((ids) => Int32Array.from(ids))) };
}
