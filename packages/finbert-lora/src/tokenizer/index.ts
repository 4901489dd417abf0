export type { EncodeOptions } from './bert-tokenizer.js';
export { BertTokenizer } from './bert-tokenizer.js';
export type { BuildVocabularyOptions } from './build-vocabulary.js';
export { buildVocabulary } from './build-vocabulary.js';
export type { PackedBatch } from './packed-batch.js';
export { packSequences } from './packed-batch.js';
export type { PaddedBatch } from './padded-batch.js';
export { padSequences } from './padded-batch.js';
export type { TokenizerOptions } from './tokenizer-source.js';
