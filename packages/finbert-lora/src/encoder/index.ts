export { BertForSequenceClassification } from './bert-for-sequence-classification.js';
export type { BertForwardOptions, BertModelOptions, BertOutput } from './bert-model.js';
export { BertModel } from './bert-model.js';
export type { CrossEntropyOptions } from './cross-entropy.js';
export { crossEntropy } from './cross-entropy.js';
