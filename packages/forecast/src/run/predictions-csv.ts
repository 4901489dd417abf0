import type { SplitName } from '@fin/data';
import { splitNames } from '@fin/data';
import { ForecastInputError } from '../errors.js';
import type { Prediction } from './prediction.js';

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
 * Reads `predictions.csv` back.
 *
 * @param text content of the file
 * @param file its name, for messages
 * @throws {ForecastInputError} naming file and line when a column, a split or a number is not as a run writes it
 */
export function parsePredictions(text: string, file: string): Prediction[] {
  const [header, ...lines] = text.trimEnd().split('\n');
  if (header !== columns.join(',')) {
    throw new ForecastInputError(
      `${file}, line 1: expected the columns ${columns.join(',')}; train the run again.`,
    );
  }
  return lines.map((line, index) => {
    const cells = line.split(',');
    const [split, decisionDate, targetDate, ...rest] = cells;
    const numbers = rest.map((cell) => (cell.trim() === '' ? Number.NaN : Number(cell)));
    if (cells.length !== columns.length || !isSplit(split) || !numbers.every(Number.isFinite)) {
      throw new ForecastInputError(
        `${file}, line ${index + 2}: not a line that a run writes; train the run again.`,
      );
    }
    const [lastClose, actual, predicted, predictedLogReturn, sentiment, positive, negative, neutral] =
      numbers;
    return {
      split,
      decisionDate,
      targetDate,
      lastClose,
      actual,
      predicted,
      predictedLogReturn,
      sentiment,
      positive,
      negative,
      neutral,
    };
  });
}

const isSplit = (name: string): name is SplitName => (splitNames as readonly string[]).includes(name);
