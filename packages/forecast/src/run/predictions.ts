import type { SplitName } from '@fin/data';
import { splitNames } from '@fin/data';
import { DamagedFileError } from '@fin/files';

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
  'split',
  'decisionDate',
  'targetDate',
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
  const [header, ...lines] = text.trimEnd().split('\n');
  if (header !== columns.join(',')) throw damaged(file, 1, `the columns are not ${columns.join(',')}`);
  const predictions = lines.map((line, index) => parseLine(line, file, index + 2));
  predictions.forEach((prediction, index) => {
    const { split, targetDate } = prediction;
    if (index === 0) return;
    const before = predictions[index - 1];
    if (targetDate <= before.targetDate) {
      throw damaged(file, index + 2, `targetDate ${targetDate} is not after ${before.targetDate}`);
    }
    if (splitNames.indexOf(split) < splitNames.indexOf(before.split)) {
      throw damaged(file, index + 2, `split ${split} comes after ${before.split}`);
    }
  });
  return predictions;
}

function parseLine(line: string, file: string, number: number): Prediction {
  const cells = line.split(',');
  if (cells.length !== columns.length) {
    throw damaged(file, number, `it has ${cells.length} columns instead of ${columns.length}`);
  }
  const row = Object.fromEntries(columns.map((column, i) => [column, cells[i]]));
  const split = splitNames.find((name) => name === row.split);
  if (split === undefined) throw damaged(file, number, `split is "${row.split}"`);
  for (const column of ['decisionDate', 'targetDate'] as const) {
    if (!isDate(row[column])) throw damaged(file, number, `${column} "${row[column]}" is not a date`);
  }
  const { decisionDate, targetDate } = row;
  if (targetDate <= decisionDate) {
    throw damaged(file, number, `targetDate ${targetDate} is not after decisionDate ${decisionDate}`);
  }
  const value = (column: (typeof columns)[number]): number => {
    const parsed = row[column].trim() === '' ? Number.NaN : Number(row[column]);
    if (!Number.isFinite(parsed)) throw damaged(file, number, `${column} "${row[column]}" is not a number`);
    return parsed;
  };
  return {
    split,
    decisionDate,
    targetDate,
    lastClose: value('lastClose'),
    actual: value('actual'),
    predicted: value('predicted'),
    predictedLogReturn: value('predictedLogReturn'),
    sentiment: value('sentiment'),
    positive: value('positive'),
    negative: value('negative'),
    neutral: value('neutral'),
  };
}

const damaged = (file: string, line: number, problem: string): DamagedFileError =>
  new DamagedFileError(file, `line ${line}: ${problem}; train the run again`);

/** Whether a text is an existing day in the format YYYY-MM-DD. */
function isDate(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
