import { randomStreams } from '@fin/runtime';
import { parseConfig } from '../../src/config/config-json.js';
import { BertForSequenceClassification } from '../../src/index.js';
import type { PackedBatch, PaddedBatch } from '../../src/tokenizer/index.js';
import { packSequences, padSequences } from '../../src/tokenizer/index.js';
import { fixture } from './fixture.js';
import { assignHashedWeights } from './hashed-weights.js';

/** What tooling/oracle/finbert-encoder.py writes. Hidden states are those of real tokens, text by text. */
export interface EncoderFixture {
  config: Record<string, unknown>;
  sequences: number[][];
  tokenTypes: number[][];
  labels: number[];
  classWeights: number[];
  hiddenStates: number[][];
  pooled: number[];
  logits: number[];
  loss: number;
  gradients: Record<string, number[]>;
}

/** A fixture with the model and both kinds of batch that belong to it. */
export function encoderCase(name: string) {
  const expected = fixture<EncoderFixture>(`encoder-${name}.json`);
  const model = new BertForSequenceClassification(parseConfig(expected.config), {
    init: randomStreams(1).stream('init'),
  });
  assignHashedWeights(model);
  const sequences = expected.sequences.map((ids) => Int32Array.from(ids));
  const types = expected.tokenTypes.map((ids) => Int32Array.from(ids));
  const packed: PackedBatch = {
    ...packSequences(sequences),
    tokenTypeIds: packSequences(types).inputIds,
  };
  const padded: PaddedBatch = {
    ...padSequences(sequences, model.config.padTokenId),
    tokenTypeIds: padSequences(types, 0).inputIds,
  };
  return { expected, model, packed, padded };
}

/** Rows of a packed batch put in the order of the texts. */
export function inTextOrder(
  values: ArrayLike<number>,
  { offsets, order }: PackedBatch,
  width: number,
): number[] {
  const texts: number[][] = [];
  order.forEach((text, k) => {
    texts[text] = Array.from(values).slice(offsets[k] * width, offsets[k + 1] * width);
  });
  return texts.flat();
}

/** Rows of a padded batch without the padding. */
export function withoutPadding(
  values: ArrayLike<number>,
  { attentionMask }: PaddedBatch,
  width: number,
): number[] {
  return Array.from(values).filter((_, i) => attentionMask[Math.floor(i / width)] === 1);
}
