import type { BaselineForecasts, BaselineName } from '../baselines/index.js';
import { BASELINE_NAMES } from '../baselines/index.js';
import type { ForecastPoint } from '../metrics/metrics-row.js';
import { dayColumns, parseDayTable } from './day-table.js';

/** Columns before those of the baselines. */
const leading = [...dayColumns, 'lastClose', 'actual'] as const;

/** Baselines that every run has. The others depend on what the run reads. */
const required: readonly BaselineName[] = ['persistence', 'drift', 'majority-class'];

/**
 * The text of `baselines.csv`: a header and one line per validation and test day, with one column of forecast closes per baseline.
 * Numbers keep all their digits.
 */
export function formatBaselines(forecasts: readonly BaselineForecasts[]): string {
  const lines = (['validation', 'test'] as const).flatMap((split) =>
    forecasts[0][split].map(({ decisionDate, targetDate, lastClose, actual }, day) =>
      [
        split,
        decisionDate,
        targetDate,
        lastClose,
        actual,
        ...forecasts.map((baseline) => baseline[split][day].predicted),
      ].join(','),
    ),
  );
  return `${[[...leading, ...forecasts.map(({ model }) => model)].join(','), ...lines].join('\n')}\n`;
}

/**
 * Parses `baselines.csv`.
 *
 * @param text content of the file
 * @param file its name, for messages
 * @throws {DamagedFileError} naming file, line and column of the first error, as `parsePredictions` does
 */
export function parseBaselines(text: string, file: string): BaselineForecasts[] {
  const { columns, rows } = parseDayTable(text, file, columnError);
  const models = columns.slice(leading.length) as BaselineName[];
  return models.map((model) => {
    const forecasts = (split: 'validation' | 'test'): ForecastPoint[] =>
      rows
        .filter((row) => row.split === split)
        .map(({ decisionDate, targetDate, number }) => ({
          decisionDate,
          targetDate,
          lastClose: number('lastClose'),
          actual: number('actual'),
          predicted: number(model),
        }));
    return { model, validation: forecasts('validation'), test: forecasts('test') };
  });
}

function columnError(columns: readonly string[]): string | null {
  if (columns.slice(0, leading.length).join() !== leading.join()) {
    return `the columns do not begin with ${leading.join(',')}`;
  }
  const models = columns.slice(leading.length);
  const known = BASELINE_NAMES.filter((name) => models.includes(name));
  const missing = required.filter((name) => !models.includes(name));
  if (missing.length > 0) return `there is no column ${missing[0]}`;
  if (known.join() !== models.join()) {
    return `the columns after ${leading.at(-1)} are not baselines in the order ${BASELINE_NAMES.join(',')}`;
  }
  return null;
}
