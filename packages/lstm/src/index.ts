export type { AttentionPoolingOptions } from './attention-pooling.js';
export { AttentionPooling } from './attention-pooling.js';
export type { LstmForwardOptions, LstmOptions, LstmResult } from './lstm.js';
export { Lstm, LstmError } from './lstm.js';
