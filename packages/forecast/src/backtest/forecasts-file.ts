import type { BaselineForecasts } from '../baselines/index.js';
import type { FoldForecast } from './fold-job.js';
import { csvText } from './format-table.js';

/** Forecasts of one training, for `forecasts.csv`. */
export interface TrainedForecasts {
  readonly model: string;
  readonly fold: number;
  readonly seed: number;
  readonly predictions: FoldForecast['predictions'];
}

const columns = [
  'model',
  'fold',
  'seed',
  'split',
  'decisionDate',
  'targetDate',
  'lastClose',
  'actual',
  'predicted',
  'predictedLogReturn',
  'sentiment',
] as const;

/**
 * `forecasts.csv`: one line per model, fold, seed and day, validation days included. Numbers keep all their digits. Baselines have
 * no seed and no sentiment.
 *
 * @param baselines forecasts of the baselines, by fold
 */
export function formatForecasts(
  trained: readonly TrainedForecasts[],
  baselines: readonly (readonly BaselineForecasts[])[],
): string {
  const models = trained.flatMap(({ model, fold, seed, predictions }) =>
    predictions.map((row) => ({ ...row, model: csvText(model), fold, seed })),
  );
  const simple = baselines.flatMap((forecasts, fold) =>
    forecasts.flatMap(({ model, ...parts }) =>
      (['validation', 'test'] as const).flatMap((split) =>
        parts[split].map((row) => ({
          ...row,
          model,
          fold,
          seed: '',
          split,
          predictedLogReturn: Math.log(row.predicted / row.lastClose),
          sentiment: '',
        })),
      ),
    ),
  );
  const lines = [...models, ...simple].map((row) => columns.map((column) => String(row[column])).join(','));
  return `${[columns.join(','), ...lines].join('\n')}\n`;
}
