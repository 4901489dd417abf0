import type { SplitName } from '@fin/data';
import type { DaySentiment } from '../baselines/index.js';
import { dayColumns, parseDayTable } from './day-table.js';

/** One line of `predictions.csv`: the model's forecast on one decision day, and the outcome. */
export interface Prediction {
  readonly split: SplitName;
  /** Day after whose close the forecast was made, ISO. */
  readonly decisionDate: string;
  /** Day whose close was forecast, ISO. */
  readonly targetDate: string;
  /** Close of the decision day, index points. */
  readonly lastClose: number;
  /** Close of the target day, index points. */
  readonly actual: number;
  /** Forecast of `actual`, index points. */
  readonly predicted: number;
  /** Forecast of ln(actual / lastClose). */
  readonly predictedLogReturn: number;
  /** `positive` − `negative`. */
  readonly sentiment: number;
  /** Mean class probabilities of the decision day's headlines; zeros on a day without any. */
  readonly positive: number;
  readonly negative: number;
  readonly neutral: number;
}

const columns = [
  ...dayColumns,
  'lastClose',
  'actual',
  'predicted',
  'predictedLogReturn',
  'sentiment',
  'positive',
  'negative',
  'neutral',
] as const satisfies readonly (keyof Prediction)[];

/** The text of `predictions.csv`: a header and one line per decision day. Numbers keep all their digits. */
export function formatPredictions(predictions: readonly Prediction[]): string {
  const lines = predictions.map((prediction) =>
    columns.map((column) => String(prediction[column])).join(','),
  );
  return `${[columns.join(','), ...lines].join('\n')}\n`;
}

/**
 * Parses `predictions.csv`.
 *
 * @param text content of the file
 * @param file its name, for messages
 * @throws {DamagedFileError} naming file, line and column of the first error: a wrong header, split or number, a date that does
 *   not exist, dates or splits out of order
 */
export function parsePredictions(text: string, file: string): Prediction[] {
  const { rows } = parseDayTable(text, file, (found) =>
    found.join() === columns.join() ? null : `the columns are not ${columns.join(',')}`,
  );
  return rows.map(({ split, decisionDate, targetDate, number }) => ({
    split,
    decisionDate,
    targetDate,
    lastClose: number('lastClose'),
    actual: number('actual'),
    predicted: number('predicted'),
    predictedLogReturn: number('predictedLogReturn'),
    sentiment: number('sentiment'),
    positive: number('positive'),
    negative: number('negative'),
    neutral: number('neutral'),
  }));
}

/** DaySentiment of each decision day, by date, for baselines that read it; null on a day without headlines. */
export function sentimentOf(predictions: readonly Prediction[]): Map<string, DaySentiment | null> {
  return new Map(
    predictions.map(({ decisionDate, positive, negative, neutral }) => [
      decisionDate,
      positive + negative + neutral === 0 ? null : [positive, negative, neutral],
    ]),
  );
}
