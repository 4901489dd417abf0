export { EncoderText } from './encoder-text.js';
export type { DayHeadlines } from './headline-tokens.js';
export { JointText } from './joint-text.js';
export type { ScoredTextOptions, SentimentReader } from './scored-text.js';
export { ScoredText } from './scored-text.js';
export type { SentimentScores } from './sentiment-scores.js';
export { scoreHeadlines } from './sentiment-scores.js';
export type {
  EncoderTextRecord,
  JointTextRecord,
  ReadOptions,
  ScoredTextRecord,
  TextOutput,
  TextRecord,
  TextSource,
} from './text-source.js';
