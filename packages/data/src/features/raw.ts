import type { Feature } from './feature.js';

const raw = (name: 'open' | 'high' | 'low' | 'close' | 'volume', description: string): Feature => ({
  name,
  description,
  knownFrom: name === 'open' ? 'open' : 'close',
  lookback: 0,
  compute: (past) => past[name].at(-1)!,
});

export const open: Feature = raw('open', 'O, index points');
export const high: Feature = raw('high', 'H, index points');
export const low: Feature = raw('low', 'L, index points');
export const close: Feature = raw('close', 'C, index points');
export const volume: Feature = raw('volume', 'V, shares');
