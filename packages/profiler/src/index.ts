export { chromeTrace } from './chrome-trace.js';
export type { FormatTableOptions } from './format-table.js';
export { formatTable } from './format-table.js';
export type { KeyAverage, KeyAveragesOptions } from './key-averages.js';
export { keyAverages } from './key-averages.js';
export type { Profile } from './profile.js';
export { ProfilerError, profile, recordFunction } from './profile.js';
export type { ProfilerEvent } from './recorder.js';
