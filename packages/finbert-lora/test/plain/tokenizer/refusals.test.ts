import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sharedPath } from '@fin/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BertInputError } from '../../../src/index.js';
import { BertTokenizer } from '../../../src/tokenizer/index.js';

const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const words = [...special, 'oil', 'falls'];
const miniLm = sharedPath('models', 'all-MiniLM-L6-v2');
let dir: string;

const write = (files: Record<string, string | Uint8Array | object>) => {
  for (const [name, content] of Object.entries(files)) {
    const raw = typeof content === 'string' || content instanceof Uint8Array;
    writeFileSync(join(dir, name), raw ? content : JSON.stringify(content));
  }
};
const definition = (vocab: Record<string, number>, extra: object = {}) => ({
  model: { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', vocab },
  normalizer: {
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: { type: 'BertProcessing', cls: ['[CLS]', 2], sep: ['[SEP]', 3] },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  added_tokens: special.map((content, id) => ({ id, content, special: true, normalized: false })),
  ...extra,
});
const ids = Object.fromEntries(words.map((word, id) => [word, id]));
const refusal = (load: () => unknown): BertInputError => {
  try {
    load();
  } catch (error) {
    expect(error).toBeInstanceOf(BertInputError);
    return error as BertInputError;
  }
  throw new Error('nothing was refused');
};

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'finbert-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe('a vocabulary is refused', () => {
  it.each([
    ['without special tokens', ['oil', 'falls'], {}, /no \[PAD\], \[UNK\], \[CLS\], \[SEP\], \[MASK\]/],
    ['with an entry twice', [...words, 'oil'], {}, /"oil" stands twice, as entries 5 and 7/],
    ['with an empty line', [...special, '', 'oil'], {}, /entry 5 \(line 6\) is empty/],
    ['of another size than the model', words, { vocabSize: 30_522 }, /7 entries .* says 30522/],
    ['of cased words for lowercased texts', [...special, ...'ABCDEFG'], {}, /cased vocabulary/],
  ])('%s', (_, vocabulary, options, message) => {
    const error = refusal(() => BertTokenizer.fromVocab(vocabulary, options));
    expect(error.message).toMatch(message);
    expect(error.kind).toBe('input');
    expect(error.file).toBeNull();
  });

  it('when config.json beside it says something else', () => {
    write({ 'vocab.txt': words.join('\n'), 'config.json': { vocab_size: 6 } });
    expect(refusal(() => BertTokenizer.fromDir(dir)).message).toMatch(
      /vocab.txt: .*7 entries .* 6 \(vocab_size\)/,
    );
    write({ 'config.json': { vocab_size: 7 + 1024 } });
    expect(refusal(() => BertTokenizer.fromDir(dir)).message).toMatch(/7 entries .* 1031 \(vocab_size\)/);
    write({ 'config.json': { vocab_size: 7, pad_token_id: 1 } });
    expect(refusal(() => BertTokenizer.fromDir(dir)).message).toMatch(/\[PAD\] has id 0 .* says 1/);
  });

  it('when tokenizer.json is not that of a BERT', () => {
    const part = (extra: object) => {
      write({ 'tokenizer.json': definition(ids, extra) });
      return refusal(() => BertTokenizer.fromDir(dir)).message;
    };
    expect(part({ model: { type: 'BPE', vocab: {}, merges: [] } })).toMatch(/model is BPE, not WordPiece/);
    expect(part({ normalizer: null })).toMatch(/normalizer is missing/);
    expect(
      part({ post_processor: { type: 'BertProcessing', cls: ['[MASK]', 4], sep: ['[SEP]', 3] } }),
    ).toMatch(/one \[CLS\] before/);
    expect(part({ added_tokens: [{ id: 6, content: 'oil', special: false }] })).toMatch(/"oil" has id 5/);
    write({ 'tokenizer.json': definition({ ...ids, falls: 9 }) });
    expect(refusal(() => BertTokenizer.fromDir(dir)).message).toMatch(/7 entries are not 0 to 6.*"falls": 9/);
  });

  it('when tokenizer.json and vocab.txt disagree', () => {
    write({ 'tokenizer.json': definition(ids), 'vocab.txt': [...special, 'falls', 'oil'].join('\n') });
    expect(refusal(() => BertTokenizer.fromDir(dir)).message).toMatch(/entry 5 is "oil" here and "falls"/);
  });

  it('when its file is damaged or missing', () => {
    expect(refusal(() => BertTokenizer.fromDir(dir)).message).toMatch(/vocab.txt: cannot be read/);
    write({ 'vocab.txt': Uint8Array.of(0x5b, 0xff, 0xfe) });
    expect(refusal(() => BertTokenizer.fromDir(dir)).message).toMatch(/not UTF-8/);
    write({ 'tokenizer.json': '{"model":' });
    expect(refusal(() => BertTokenizer.fromDir(dir)).message).toMatch(/tokenizer.json: is not JSON/);
    write({ 'tokenizer.json': '[]' });
    expect(refusal(() => BertTokenizer.fromDir(dir)).message).toMatch(/does not hold a JSON object/);
  });

  it.skipIf(!miniLm)('of bert-base when the model was trained with fewer words', () => {
    expect(() => BertTokenizer.fromDir(miniLm!, { vocabSize: 28_996 })).toThrow(/30522 entries .* 28996/);
  });
});

describe('a vocabulary is read', () => {
  it('with any line ends, and settings from tokenizer_config.json', () => {
    write({
      'vocab.txt': `${[...words, 'Oil'].join('\r\n')}\r\n`,
      'tokenizer_config.json': { do_lower_case: false, model_max_length: 3, cls_token: { content: '[CLS]' } },
    });
    const tokenizer = BertTokenizer.fromDir(dir);
    expect(Array.from(tokenizer.encode('Oil falls'))).toEqual([2, 7, 3]);
    expect(tokenizer.maxLength).toBe(3);
  });

  it('with no length limit stated, as transformers writes it', () => {
    write({ 'vocab.txt': words.join('\n'), 'tokenizer_config.json': '{"model_max_length": 1e30}' });
    expect(BertTokenizer.fromDir(dir).maxLength).toBe(512);
  });

  it('again from the files a tokenizer writes', () => {
    const tokenizer = BertTokenizer.fromVocab([...words, 'Öl'], { lowercase: false, maxLength: 9 });
    write(tokenizer.files());
    const again = BertTokenizer.fromDir(dir);
    expect(again.fingerprint).toBe(tokenizer.fingerprint);
    expect(again.maxLength).toBe(9);
    expect(BertTokenizer.fromVocab(words).fingerprint).not.toBe(
      BertTokenizer.fromVocab(words, { lowercase: false }).fingerprint,
    );
  });
});
