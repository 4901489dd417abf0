import { describe, expect, it } from 'vitest';
import { BertTokenizer, buildVocabulary } from '../../../src/tokenizer/index.js';

const texts = ['Oil falls, oil rises', 'Oil and gold', 'gold falls', 'Éclair'];

describe('buildVocabulary', () => {
  it('holds the special tokens, characters, then whole words, commonest first', () => {
    const vocabulary = buildVocabulary(texts, { size: 80, minFrequency: 2 });
    expect(vocabulary.slice(0, 5)).toEqual(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']);
    expect(vocabulary.slice(5, 7)).toEqual(['l', '##l']);
    expect(vocabulary.slice(-3)).toEqual(['oil', 'falls', 'gold']);
  });

  it('is the same for the same texts in any order', () => {
    const options = { size: 30, minFrequency: 1 };
    expect(buildVocabulary([...texts].reverse(), options)).toEqual(buildVocabulary(texts, options));
  });

  it('never grows beyond the size, and leaves room for words', () => {
    for (const size of [6, 7, 12, 25, 60]) {
      expect(buildVocabulary(texts, { size, minFrequency: 1 }).length).toBeLessThanOrEqual(size);
    }
    expect(buildVocabulary(texts, { size: 12, minFrequency: 1 })).toContain('oil');
    expect(() => buildVocabulary(texts, { size: 5 })).toThrow(/special tokens/);
  });

  it('spells a new word by its characters', () => {
    const tokenizer = BertTokenizer.fromVocab(buildVocabulary(texts, { size: 80, minFrequency: 1 }));
    expect(tokenizer.tokenize('Oils dig')).toEqual(['[CLS]', 'oil', '##s', 'd', '##i', '##g', '[SEP]']);
    expect(tokenizer.tokenize('zz')).toEqual(['[CLS]', '[UNK]', '[SEP]']);
  });
});
