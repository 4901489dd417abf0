export { EncoderText } from './encoder-text.js';
export type { DayHeadlines } from './headline-tokens.js';
export type { ScoredTextOptions, SentimentReader } from './scored-text.js';
export { ScoredText } from './scored-text.js';
export { sentimentLabels } from './sentiment-labels.js';
export type { EncoderTextRecord, ScoredTextRecord, TextRecord } from './text-record.js';
export type { ReadOptions, TextOutput, TextSource } from './text-source.js';
