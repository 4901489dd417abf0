export type { PackedBatch, PaddedBatch, TextsPart, WholeBatch } from './batches.js';
export { packSequences, padSequences } from './batches.js';
export type { EncodeOptions } from './bert-tokenizer.js';
export { BertTokenizer } from './bert-tokenizer.js';
export type { BuildVocabularyOptions } from './build-vocabulary.js';
export { buildVocabulary } from './build-vocabulary.js';
export type { AddedWord, TokenizerOptions, TokenizerSource } from './tokenizer-files.js';
