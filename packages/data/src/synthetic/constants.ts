/** Standard deviation of the part of a day's log return that nothing foretells: 1 %, near the Dow's own 1.2 %. */
export const SYNTHETIC_NOISE = 0.01;

/** Mean log return of a day: about 5 % a year, near the Dow's own. */
export const SYNTHETIC_DRIFT = 0.0002;

/** Close before the first day, in index points. */
export const SYNTHETIC_FIRST_CLOSE = 12_000;

/** How many of a day's headlines have a tone; the others are neutral. */
export function tonedHeadlines(headlinesPerDay: number): number {
  return Math.ceil(headlinesPerDay / 2);
}
