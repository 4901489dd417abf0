export { LstmError } from './errors.js';
export type { LstmForwardOptions, LstmOptions, LstmResult } from './lstm.js';
export { Lstm } from './lstm.js';
