import type { Evaluation, MetricsRow } from '@fin/forecast';
import { BASELINE_NAMES } from '@fin/forecast';
import { ReportInputError } from '../errors.js';
import { Fields } from './fields.js';

/**
 * `evaluation.json` of a run.
 *
 * @throws ReportInputError also when a model row would stand without its baselines, or baselines without a model
 */
export function parseEvaluation(file: string, value: unknown): Evaluation {
  const fields = new Fields(file, value);
  const rows = fields.array('rows').map((row, i) => parseRow(`${file}: row ${i}`, row));
  const names = new Set(rows.map((row) => row.model));
  const missing = BASELINE_NAMES.filter((name) => !names.has(name));
  if (missing.length > 0) {
    throw new ReportInputError(
      `${file} lacks the baseline ${missing.join(', ')}: a model is not reported without its baselines; run fin evaluate again`,
    );
  }
  if (names.size === BASELINE_NAMES.length) {
    throw new ReportInputError(`${file} has baselines but no model; run fin evaluate again`);
  }
  if (names.size !== rows.length)
    throw new ReportInputError(`${file} names a model twice; run fin evaluate again`);
  const split = fields.string('split');
  if (split !== 'test') {
    throw new ReportInputError(`${file} is about the split ${split}; only the test split is reported`);
  }
  return {
    split,
    n: fields.number('n'),
    first: fields.string('first'),
    last: fields.string('last'),
    level: fields.number('level'),
    rows,
  };
}

function parseRow(file: string, value: unknown): MetricsRow {
  const row = new Fields(file, value);
  const interval = row.optional('directionalInterval', row.array);
  const test = row.optional('dieboldMariano', row.object);
  return {
    model: row.string('model'),
    n: row.number('n'),
    mae: row.number('mae'),
    rmse: row.number('rmse'),
    mape: row.optional('mape', row.number),
    r2: row.optional('r2', row.number),
    directionalAccuracy: row.optional('directionalAccuracy', row.number),
    directionalN: row.number('directionalN'),
    directionalInterval: interval && [Number(interval[0]), Number(interval[1])],
    dieboldMariano: test && {
      statistic: test.number('statistic'),
      pValue: test.number('pValue'),
      loss: test.string('loss') === 'absolute' ? 'absolute' : 'squared',
    },
    notes: row.array('notes').map(String),
  };
}
