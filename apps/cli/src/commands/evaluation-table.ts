import type { Evaluation } from '@fin/forecast';
import { textTable } from '../io/table.js';

const percent = (share: number, digits: number): string => `${(100 * share).toFixed(digits)} %`;

/** The evaluation as a table for people: every row with its interval and its test against persistence. */
export function evaluationTable({ rows, n, first, last, level }: Evaluation): string {
  const table = textTable(
    ['model', 'MAE', 'RMSE', 'MAPE', 'direction', `${100 * level} % interval`, 'DM p'],
    rows.map((row) => [
      row.model,
      row.mae.toFixed(2),
      row.rmse.toFixed(2),
      percent(row.mape, 3),
      row.directionalAccuracy === null ? '–' : percent(row.directionalAccuracy, 1),
      row.directionalInterval?.map((bound) => (100 * bound).toFixed(1)).join(' … ') ?? '–',
      row.dieboldMariano === null ? '–' : row.dieboldMariano.pValue.toPrecision(2),
    ]),
  );
  const legend = 'MAE and RMSE in index points; DM p: Diebold-Mariano test against persistence, two-sided.';
  return `Test days ${first} … ${last} (n = ${n})\n\n${table}\n\n${legend}`;
}
