import { SYNTHETIC_NOISE, tonedHeadlines } from './constants.js';

/**
 * The share of the next day's return variance that a synthetic market's headlines explain: the R² of a perfect model of
 * log returns, and an upper bound for every other.
 *
 * signal² Var(tone) / (signal² Var(tone) + noise²), where Var(tone) = (k + 2) / 3k for k toned headlines a day.
 */
export function explainedVariance(signal: number, headlinesPerDay = 8): number {
  const toned = tonedHeadlines(headlinesPerDay);
  const told = signal ** 2 * ((toned + 2) / (3 * toned));
  return told / (told + SYNTHETIC_NOISE ** 2);
}
