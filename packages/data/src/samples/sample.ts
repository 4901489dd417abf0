/** Everything known after the close of a decision day. */
export interface DecisionInput {
  /** Trading day. The decision falls after its close. */
  readonly decisionDate: string;
  /** `[window, features]`, row-major, unscaled, oldest day first; the last row is the decision day's. */
  readonly window: Float64Array;
  /** Names of the window's features, in the order of its columns. */
  readonly features: readonly string[];
  /** The days of the window's rows. */
  readonly windowDates: readonly string[];
  /** Headlines dated after the trading day before and up to the decision day, by date and rank. May be empty. */
  readonly headlines: readonly Headline[];
  /** Close of the decision day: persistence's forecast. */
  readonly lastClose: number;
}

export interface Headline {
  readonly text: string;
  /** 1 is the day's top. */
  readonly rank: number;
  readonly date: string;
}

/** Input of a decision day and its outcome. */
export interface Sample extends DecisionInput {
  /** The next trading day with a price. */
  readonly targetDate: string;
  readonly targetClose: number;
  /** ln(targetClose / lastClose) */
  readonly targetLogReturn: number;
}

/** Fields of a sample that splits in time use. */
export type Timed = Pick<Sample, 'decisionDate' | 'targetDate'>;

/**
 * Collects the feature rows of samples' windows, each day once, to fit a scaler. Windows overlap, so a day is in up to
 * `window` of them. Row-major `[days, features]`, in order of first appearance.
 */
export function distinctRows(samples: readonly DecisionInput[]): Float64Array {
  const seen = new Set<string>();
  const rows: Float64Array[] = [];
  for (const { window, windowDates } of samples) {
    const width = window.length / windowDates.length;
    for (const [i, date] of windowDates.entries()) {
      if (seen.has(date)) continue;
      seen.add(date);
      rows.push(window.subarray(i * width, (i + 1) * width));
    }
  }
  const width = rows[0]?.length ?? 0;
  const all = new Float64Array(rows.length * width); // [days, features]
  for (const [i, row] of rows.entries()) all.set(row, i * width);
  return all;
}
