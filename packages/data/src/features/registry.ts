import { daysClosed, logVolumeChange, relativeVolume20 } from './activity.js';
import type { Feature } from './feature.js';
import { close, high, low, open, volume } from './raw.js';
import { averageDistance20, logReturn, momentum5, openToClose, overnightReturn } from './returns.js';
import { closePosition, range, volatility10, volatility20 } from './spread.js';

/** Names of the features there are. */
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
 * Every feature, by name. The leakage test runs over all of them, so a new one is covered by being listed here.
 * The adjusted close is not one: later dividends and splits restate it, so no past value of it was known in its day.
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
 * The price channel of the forecaster: free of the price's level. `openToClose` is not among them because on the Dow it is
 * `logReturn` (correlation 1.00, 2008 to 2016): Yahoo's open of an index is all but the close of the day before.
 */
export const defaultFeatures: readonly FeatureName[] = [
  'logReturn',
  'range',
  'closePosition',
  'logVolumeChange',
  'volatility10',
];
