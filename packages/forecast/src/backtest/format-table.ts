import type { Comparison, Difference, Interval } from '../metrics/index.js';
import type { BacktestRow, BacktestTable } from './compare-variants.js';

/** Text for an undefined value; the row's notes give the reason. */
const NONE = 'n/a';

/** A table as texts, for a terminal or Markdown. */
export interface TextTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The rows of a walk-forward evaluation: models and baselines with their intervals and tests against persistence. */
export function backtestRowsTable(rows: readonly BacktestRow[]): TextTable {
  return {
    header: [
      'model',
      'folds',
      'seeds',
      'n',
      'MAE',
      'RMSE',
      'MAPE',
      'direction',
      '95 % interval',
      'MAE − persistence',
      'DM p',
      'Holm p',
    ],
    rows: rows.map((row) => [
      row.model,
      String(row.folds),
      String(row.seeds),
      String(row.n),
      withDeviation(row.mae, row.deviations?.mae),
      withDeviation(row.rmse, row.deviations?.rmse),
      row.mape === null ? NONE : `${(100 * row.mape).toFixed(3)} %`,
      row.directionalAccuracy === null ? NONE : `${(100 * row.directionalAccuracy).toFixed(1)} %`,
      row.directionalInterval === null ? NONE : interval(row.directionalInterval, 100, 1),
      row.differences === null ? NONE : difference(row.differences.mae),
      row.dieboldMariano === null ? NONE : row.dieboldMariano.pValue.toPrecision(2),
      row.dieboldMariano === null ? NONE : row.dieboldMariano.adjustedPValue.toPrecision(2),
    ]),
  };
}

/** The comparisons of a walk-forward evaluation: each model against each reference. */
export function comparisonsTable(comparisons: readonly Comparison[]): TextTable {
  return {
    header: ['model', 'against', 'MAE difference', 'RMSE difference', 'DM p', 'Holm p', 'Clark-West p'],
    rows: comparisons.map(({ model, reference, differences, dieboldMariano, clarkWest }) => [
      model,
      reference,
      difference(differences.mae),
      difference(differences.rmse),
      dieboldMariano === null ? NONE : dieboldMariano.pValue.toPrecision(2),
      dieboldMariano === null ? NONE : dieboldMariano.adjustedPValue.toPrecision(2),
      clarkWest === null ? NONE : clarkWest.adjustedPValue.toPrecision(2),
    ]),
  };
}

/** Explanation of the columns of both tables. */
export const TABLE_LEGEND = [
  'MAE and RMSE in index points: means over the seeds, ± standard deviation. Differences: below 0 when the model errs less; in brackets 95 % block bootstrap intervals.',
  'DM p: Diebold-Mariano test against persistence (or the reference), two-sided; losses are averaged over the seeds day by day. Holm p: corrected for the number of models. Clark-West p: one-sided, corrected, where the reference is a special case of the model.',
] as const;

/** `table.md`. */
export function formatMarkdown(title: string, { rows, comparisons }: BacktestTable): string {
  const notes = rows.flatMap((row) => row.notes.map((note) => `- ${row.model}: ${note}`));
  return [
    `# ${title}`,
    markdown(backtestRowsTable(rows)),
    markdown(comparisonsTable(comparisons)),
    TABLE_LEGEND.join('\n\n'),
    ...(notes.length > 0 ? [notes.join('\n')] : []),
  ]
    .map((part) => `${part}\n`)
    .join('\n');
}

/** `table.csv`: the rows with all digits. Undefined values are empty. */
export function formatTableCsv(rows: readonly BacktestRow[]): string {
  const columns: readonly (readonly [string, (row: BacktestRow) => string | number | null | undefined])[] = [
    ['model', (row) => csvText(row.model)],
    ['folds', (row) => row.folds],
    ['seeds', (row) => row.seeds],
    ['n', (row) => row.n],
    ['mae', (row) => row.mae],
    ['maeDeviation', (row) => row.deviations?.mae],
    ['rmse', (row) => row.rmse],
    ['rmseDeviation', (row) => row.deviations?.rmse],
    ['mape', (row) => row.mape],
    ['smape', (row) => row.smape],
    ['mase', (row) => row.mase],
    ['r2', (row) => row.r2],
    ['oosR2', (row) => row.oosR2],
    ['directionalAccuracy', (row) => row.directionalAccuracy],
    ['directionalLow', (row) => row.directionalInterval?.[0]],
    ['directionalHigh', (row) => row.directionalInterval?.[1]],
    ['maeDifference', (row) => row.differences?.mae.value],
    ['maeDifferenceLow', (row) => row.differences?.mae.interval?.[0]],
    ['maeDifferenceHigh', (row) => row.differences?.mae.interval?.[1]],
    ['dieboldMariano', (row) => row.dieboldMariano?.statistic],
    ['dieboldMarianoP', (row) => row.dieboldMariano?.pValue],
    ['dieboldMarianoHolmP', (row) => row.dieboldMariano?.adjustedPValue],
    ['pesaranTimmermannP', (row) => row.pesaranTimmermann?.pValue],
    ['clarkWestP', (row) => row.clarkWest?.pValue],
  ];
  const lines = rows.map((row) => columns.map(([, value]) => value(row) ?? '').join(','));
  return `${[columns.map(([name]) => name).join(','), ...lines].join('\n')}\n`;
}

/** A text as a CSV cell. */
export function csvText(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function markdown({ header, rows }: TextTable): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), line(header.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

function withDeviation(value: number, deviation: number | undefined): string {
  return deviation === undefined ? value.toFixed(2) : `${value.toFixed(2)} ± ${deviation.toFixed(2)}`;
}

function difference({ value, interval: bounds }: Difference): string {
  return `${value.toFixed(2)}${bounds === null ? '' : ` [${interval(bounds, 1, 2)}]`}`;
}

const interval = ([low, high]: Interval, factor: number, digits: number): string =>
  `${(factor * low).toFixed(digits)} … ${(factor * high).toFixed(digits)}`;
