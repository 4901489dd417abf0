import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BertTokenizer, buildVocabulary, packSequences, padSequences } from '../../../src/tokenizer/index.js';

const texts = ['oil falls', 'stocks', 'oil and stocks rise and fall', '', 'gold'];
const tokenizer = BertTokenizer.fromVocab(buildVocabulary(texts, { size: 60, minFrequency: 1 }));

describe('packed batches', () => {
  it('lay sequences end to end, shortest first, and say which text each is', () => {
    const batch = tokenizer.encodeBatch(texts);
    const sequences = texts.map((text) => tokenizer.encode(text));
    expect(batch.size).toBe(texts.length);
    expect(batch.inputIds.length).toBe(sequences.reduce((sum, ids) => sum + ids.length, 0));
    batch.order.forEach((text, k) => {
      const [start, end] = [batch.offsets[k], batch.offsets[k + 1]];
      expect(batch.inputIds.slice(start, end)).toEqual(sequences[text]);
      expect(Array.from(batch.positionIds.slice(start, end))).toEqual([...Array(end - start).keys()]);
    });
    const lengths = Array.from(batch.order, (_, k) => batch.offsets[k + 1] - batch.offsets[k]);
    expect(lengths).toEqual([...lengths].sort((a, b) => a - b));
    expect([...batch.order].sort()).toEqual([0, 1, 2, 3, 4]);
  });

  it('hold nothing when there is no text', () => {
    expect(tokenizer.encodeBatch([])).toMatchObject({ size: 0, offsets: Int32Array.of(0) });
    expect(padSequences([], 0)).toMatchObject({ size: 0, length: 0 });
  });

  it('hold the same tokens as padded ones', () => {
    fc.assert(
      fc.property(fc.array(fc.int32Array({ minLength: 1, maxLength: 9 })), (sequences) => {
        const packed = packSequences(sequences);
        const padded = padSequences(sequences, 0);
        packed.order.forEach((text, k) => {
          const ids = packed.inputIds.slice(packed.offsets[k], packed.offsets[k + 1]);
          const row = text * padded.length;
          expect(padded.inputIds.slice(row, row + ids.length)).toEqual(ids);
          const mask = padded.attentionMask.slice(row, row + padded.length);
          expect(mask.reduce((sum, bit) => sum + bit, 0)).toBe(ids.length);
        });
      }),
    );
  });

  it('cut long texts before [SEP]', () => {
    const ids = tokenizer.encode(texts[2], { maxLength: 4 });
    expect(Array.from(ids)).toEqual([...tokenizer.encode('oil and').slice(0, 3), tokenizer.sepTokenId]);
    expect(() => tokenizer.encode('oil', { maxLength: 1 })).toThrow(/maxLength is 1/);
  });

  it('takes any text at all without failing, as long as the limit allows', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.integer({ min: 2, max: 20 }),
        (text, maxLength) => {
          const ids = tokenizer.encode(text, { maxLength });
          expect(ids.length).toBeLessThanOrEqual(maxLength);
          expect(ids.every((id) => id >= 0 && id < tokenizer.vocabSize)).toBe(true);
          expect([ids[0], ids.at(-1)]).toEqual([tokenizer.clsTokenId, tokenizer.sepTokenId]);
        },
      ),
    );
  });
});
