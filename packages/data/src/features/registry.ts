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

export const logReturn: Feature = {
  name: 'logReturn',
  description: 'ln(C / C of the day before)',
  knownFrom: 'close',
  lookback: 1,
  compute: ({ close }) => Math.log(close.at(-1)! / close.at(-2)!),
};

export const overnightReturn: Feature = {
  name: 'overnightReturn',
  description: 'ln(O / C of the day before)',
  knownFrom: 'open',
  lookback: 1,
  compute: ({ open, close }) => Math.log(open.at(-1)! / close.at(-2)!),
};

export const openToClose: Feature = {
  name: 'openToClose',
  description: 'ln(C / O)',
  knownFrom: 'close',
  lookback: 0,
  compute: ({ open, close }) => Math.log(close.at(-1)! / open.at(-1)!),
};

export const momentum5: Feature = {
  name: 'momentum5',
  description: 'ln(C / C five trading days before)',
  knownFrom: 'close',
  lookback: 5,
  compute: ({ close }) => Math.log(close.at(-1)! / close.at(-6)!),
};

export const averageDistance20: Feature = {
  name: 'averageDistance20',
  description: 'ln(C / mean C of the last 20 trading days, this one included)',
  knownFrom: 'close',
  lookback: 19,
  compute: ({ close }) => Math.log(close.at(-1)! / (close.slice(-20).reduce((sum, x) => sum + x, 0) / 20)),
};

export const range: Feature = {
  name: 'range',
  description: 'ln(H / L)',
  knownFrom: 'close',
  lookback: 0,
  compute: ({ high, low }) => Math.log(high.at(-1)! / low.at(-1)!),
};

export const closePosition: Feature = {
  name: 'closePosition',
  description: '(C - L) / (H - L), from 0 at the low to 1 at the high; 0.5 where H = L',
  knownFrom: 'close',
  lookback: 0,
  compute: ({ high, low, close }) => {
    const width = high.at(-1)! - low.at(-1)!;
    return width === 0 ? 0.5 : (close.at(-1)! - low.at(-1)!) / width;
  },
};

const volatility = (days: number): Feature => ({
  name: `volatility${days}`,
  description: `standard deviation (n - 1) of the last ${days} log returns`,
  knownFrom: 'close',
  lookback: days,
  compute: ({ close }) => {
    const last = close.slice(-days - 1);
    const returns = Array.from({ length: days }, (_, i) => Math.log(last[i + 1] / last[i]));
    const mean = returns.reduce((sum, x) => sum + x, 0) / days;
    return Math.sqrt(returns.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (days - 1));
  },
});

export const volatility10: Feature = volatility(10);
export const volatility20: Feature = volatility(20);

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

/** Names of all built-in features. */
export const featureNames = [
  'open',
  'high',
  'low',
  'close',
  'volume',
  'logReturn',
  'overnightReturn',
  'openToClose',
  'momentum5',
  'averageDistance20',
  'range',
  'closePosition',
  'volatility10',
  'volatility20',
  'logVolumeChange',
  'relativeVolume20',
  'daysClosed',
] as const;

export type FeatureName = (typeof featureNames)[number];

/**
 * All built-in features by name. The leakage test covers every feature listed here. The adjusted close is not a feature:
 * later dividends and splits restate it, so its past values were not known on their days.
 */
export const features: Readonly<Record<FeatureName, Feature>> = {
  open,
  high,
  low,
  close,
  volume,
  logReturn,
  overnightReturn,
  openToClose,
  momentum5,
  averageDistance20,
  range,
  closePosition,
  volatility10,
  volatility20,
  logVolumeChange,
  relativeVolume20,
  daysClosed,
};

/**
 * Price features of the forecaster. None depends on the level of the price. `openToClose` is left out because it equals
 * `logReturn` on the Dow (correlation 1.00, 2008 to 2016): Yahoo's open of an index is nearly the previous close.
 */
export const defaultFeatures: readonly FeatureName[] = [
  'logReturn',
  'range',
  'closePosition',
  'logVolumeChange',
  'volatility10',
];
