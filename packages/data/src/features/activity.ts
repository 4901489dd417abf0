import type { Feature } from './feature.js';

export const logVolumeChange: Feature = {
  name: 'logVolumeChange',
  description: 'ln((V + 1) / (V of the day before + 1)); the ones keep a volume of 0 finite',
  knownFrom: 'close',
  lookback: 1,
  compute: ({ volume }) => Math.log((volume.at(-1)! + 1) / (volume.at(-2)! + 1)),
};

export const relativeVolume20: Feature = {
  name: 'relativeVolume20',
  description: 'ln((V + 1) / (mean V of the 20 trading days before + 1))',
  knownFrom: 'close',
  lookback: 20,
  compute: ({ volume }) => {
    const mean = volume.slice(-21, -1).reduce((sum, x) => sum + x, 0) / 20;
    return Math.log((volume.at(-1)! + 1) / (mean + 1));
  },
};

export const daysClosed: Feature = {
  name: 'daysClosed',
  description: 'calendar days without trading since the trading day before: 0 midweek, 2 after a weekend',
  knownFrom: 'open',
  lookback: 1,
  compute: ({ day }) => day.at(-1)! - day.at(-2)! - 1,
};
