import type { PearsonResult, Prediction } from '@fin/forecast';
import { pearson } from '@fin/forecast';

/** Fewest days on which a correlation is worth a sentence. */
const MIN_DAYS = 10;

/** Correlation of a day's sentiment score with the log return of the day after; null on too few days. */
export function sentimentRelation(days: readonly Prediction[], level: number): PearsonResult | null {
  if (days.length < MIN_DAYS) return null;
  return pearson(
    days.map((day) => day.sentiment),
    days.map((day) => Math.log(day.actual / day.lastClose)),
    { level },
  );
}
