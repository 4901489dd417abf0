import type { Sample } from '@fin/data';
import type { ForecastTargetKind } from './settings.js';

/** Converts between the value that a model forecasts and index points. */
export interface Target {
  /** The value to forecast. */
  of(sample: Sample): number;
  /** Forecast of the next close, index points, and of its log return. @param value forecast of the value */
  forecast(value: number, lastClose: number): { readonly close: number; readonly logReturn: number };
}

/** The targets by their setting. Their values are standardized with the training days. */
export const targets: Readonly<Record<ForecastTargetKind, Target>> = {
  return: {
    of: ({ targetLogReturn }) => targetLogReturn,
    forecast: (value, lastClose) => ({ close: lastClose * Math.exp(value), logReturn: value }),
  },
  close: {
    of: ({ targetClose }) => targetClose,
    /** A level at or below zero, which no index has, counts as the smallest positive number. */
    forecast: (value, lastClose) => {
      const close = Math.max(value, Number.MIN_VALUE);
      return { close, logReturn: Math.log(close) - Math.log(lastClose) };
    },
  },
};
