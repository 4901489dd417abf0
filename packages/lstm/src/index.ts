export type { LstmForwardOptions, LstmOptions, LstmResult } from './lstm.js';
export { Lstm, LstmError } from './lstm.js';
