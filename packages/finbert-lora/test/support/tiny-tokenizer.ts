import { BertTokenizer } from '../../src/tokenizer/index.js';
import { tinyConfig } from './tiny-model.js';

const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const words = ['profit', 'rose', 'fell', 'sharply', 'loss', 'shares', 'of', 'the', 'company', 'unchanged'];

/** The vocabulary of `tinyConfig`. */
export const tinyVocabulary: readonly string[] = [
  ...special,
  ...words,
  ...Array.from({ length: tinyConfig.vocabSize - special.length - words.length }, (_, i) => `w${i}`),
];

export const tinyTokenizer = (): BertTokenizer =>
  BertTokenizer.fromVocab(tinyVocabulary, { maxLength: tinyConfig.maxPositionEmbeddings });
