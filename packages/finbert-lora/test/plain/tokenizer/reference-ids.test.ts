import { readFileSync } from 'node:fs';
import { fullTier, sharedPath } from '@fin/testkit';
import { describe, expect, it } from 'vitest';
import { BertTokenizer } from '../../../src/tokenizer/index.js';
import { csvCells } from '../../support/csv-cells.js';
import { fixture } from '../../support/fixture.js';
import { idsDigest } from '../../support/ids-digest.js';

interface Headlines {
  daysPerBlock: number;
  blocks: { headlines: number; tokens: number; sha256: string; sample: { at: number; ids: number[] } }[];
}
interface Hostile {
  smallVocabulary: string[];
  texts: string[];
  base: number[][];
  base16: number[][];
  small: number[][];
  smallCased: number[][];
  padded16: { input_ids: number[][]; token_type_ids: number[][]; attention_mask: number[][] };
}

interface Unicode {
  pointsPerText: number;
  blocks: { plane: number; sha256: string }[];
}

const baseVocabulary = sharedPath('data', 'bert-vocab', 'bert-base-uncased-vocab.txt');
const headlineFile = sharedPath('data', 'stocknews-djia', 'Combined_News_DJIA.csv');
const miniLm = sharedPath('models', 'all-MiniLM-L6-v2');
const hostile = fixture<Hostile>('tokenizer-hostile.json');
const encodeAll = (tokenizer: BertTokenizer, maxLength: number) =>
  hostile.texts.map((text) => Array.from(tokenizer.encode(text, { maxLength })));

describe('ids equal to BertTokenizerFast', () => {
  it.skipIf(!baseVocabulary || !headlineFile)('on every headline', () => {
    const tokenizer = BertTokenizer.fromVocabFile(baseVocabulary!);
    const { daysPerBlock, blocks } = fixture<Headlines>('tokenizer-headlines.json');
    const days = csvCells(readFileSync(headlineFile!, 'utf8')).slice(1);
    expect(days.length).toBe(1989);
    blocks.forEach((block, b) => {
      const texts = days
        .slice(b * daysPerBlock, (b + 1) * daysPerBlock)
        .flatMap((row) => row.slice(2))
        .filter((text) => text !== '');
      const ids = texts.map((text) => tokenizer.encode(text));
      expect(texts.length).toBe(block.headlines);
      expect(Array.from(ids[block.sample.at])).toEqual(block.sample.ids);
      expect(idsDigest(ids)).toBe(block.sha256);
    });
    expect(blocks.reduce((sum, block) => sum + block.headlines, 0)).toBe(49_718);
  });

  it('on hostile texts, with a small vocabulary, lowercased and not', () => {
    expect(encodeAll(BertTokenizer.fromVocab(hostile.smallVocabulary), 128)).toEqual(hostile.small);
    const cased = BertTokenizer.fromVocab(hostile.smallVocabulary, { lowercase: false });
    expect(encodeAll(cased, 128)).toEqual(hostile.smallCased);
  });

  it.skipIf(!baseVocabulary)('on hostile texts, with the vocabulary of bert-base-uncased', () => {
    const tokenizer = BertTokenizer.fromVocabFile(baseVocabulary!);
    expect(encodeAll(tokenizer, 512)).toEqual(hostile.base);
    expect(encodeAll(tokenizer, 16)).toEqual(hostile.base16);
    const padded = tokenizer.encodePadded(hostile.texts.slice(0, 8), { maxLength: 16 });
    expect(Array.from(padded.inputIds)).toEqual(hostile.padded16.input_ids.flat());
    expect(Array.from(padded.attentionMask)).toEqual(hostile.padded16.attention_mask.flat());
    expect(Array.from(padded.tokenTypeIds)).toEqual(hostile.padded16.token_type_ids.flat());
  });

  it.skipIf(!miniLm)('from tokenizer.json as from vocab.txt', () => {
    expect(encodeAll(BertTokenizer.fromDir(miniLm!), 512)).toEqual(hostile.base);
  });

  /** The planes above hold rare Chinese characters, tags and private use, which these have as well. */
  const planes = fullTier ? Number.POSITIVE_INFINITY : 2;

  it('on every code point of the planes that hold characters (in the normal tier: of the first three)', () => {
    const tokenizer = BertTokenizer.fromVocab(hostile.smallVocabulary);
    const { pointsPerText, blocks } = fixture<Unicode>('tokenizer-unicode.json');
    for (const { plane, sha256 } of blocks.filter((block) => block.plane <= planes)) {
      const pieces: string[] = [];
      for (let codePoint = plane << 16; codePoint < (plane + 1) << 16; codePoint++) {
        if (codePoint >= 0xd800 && codePoint <= 0xdfff) continue;
        const character = String.fromCodePoint(codePoint);
        pieces.push(`a${character}b ${character}${character}z`);
      }
      const ids: Int32Array[] = [];
      for (let i = 0; i < pieces.length; i += pointsPerText) {
        const text = pieces.slice(i, i + pointsPerText).join(' ');
        ids.push(tokenizer.encode(text, { maxLength: text.length }));
      }
      expect(idsDigest(ids), `plane ${plane}`).toBe(sha256);
    }
  });
});
