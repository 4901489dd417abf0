import type { Feature } from './feature.js';

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
