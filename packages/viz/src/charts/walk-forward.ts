import type { TopLevelSpec } from 'vega-lite';
import { VizInputError } from '../errors.js';
import type { Day, Rows } from './check-data.js';
import { isoDates, listRows } from './check-data.js';
import type { ChartOptions } from './panel.js';
import { DEFAULT_WIDTH, panelTitle, seriesLegend } from './panel.js';
import { colors, seriesColors, theme } from './theme.js';
import { timeChannel } from './time-axis.js';

/** One fold of a walk-forward evaluation. Spans are first and last day. */
export interface FoldRow {
  readonly train: readonly [first: Day, last: Day];
  readonly validation: readonly [first: Day, last: Day];
  readonly test: readonly [first: Day, last: Day];
}

const PARTS = ['Training', 'Validation', 'Test'] as const;

/**
 * Charts the training, validation and test days of every fold on one time axis.
 *
 * @throws VizInputError when there is no fold, or the days of a fold do not ascend
 */
export function walkForwardFolds(data: Rows<FoldRow>, options: ChartOptions = {}): TopLevelSpec {
  const folds = listRows('walkForwardFolds', data);
  const { title = 'Folds', width = DEFAULT_WIDTH } = options;
  const values = folds.flatMap(({ train, validation, test }, i) => {
    const days = [train, validation, test].map((span) => spanDates(i, span));
    days.forEach(([first], part) => {
      if (part > 0 && first <= days[part - 1][1]) {
        throw new VizInputError(
          `walkForwardFolds: in fold ${i + 1}, ${PARTS[part].toLowerCase()} begins at ${first}, before the part before it ends`,
        );
      }
    });
    return days.map(([first, last], part) => ({ fold: i + 1, part: PARTS[part], first, last }));
  });
  const first = values.map((row) => row.first).sort()[0];
  const last = values
    .map((row) => row.last)
    .sort()
    .reverse()[0];
  return {
    title: title ?? undefined,
    description: `Spans of ${folds.length} folds, ${first} to ${last}: each is trained, then validated, then tested on later days.`,
    config: theme,
    data: { values },
    vconcat: [
      {
        title: panelTitle('Fold'),
        width,
        height: { step: Math.max(8, Math.min(22, Math.floor(300 / folds.length))) },
        mark: { type: 'bar', height: { band: 0.7 } },
        encoding: {
          x: timeChannel('first', [first, last], width),
          x2: { field: 'last' },
          y: {
            field: 'fold',
            type: 'ordinal',
            axis: { domain: false, ticks: false, labelOverlap: true },
          },
          color: {
            field: 'part',
            type: 'nominal',
            scale: { domain: [...PARTS], range: [colors.actual, seriesColors[4], colors.second] },
            legend: seriesLegend(PARTS, width, 'area'),
          },
        },
      },
    ],
  };
}

function spanDates(fold: number, [first, last]: readonly [Day, Day]): [string, string] {
  const [start, end] = [first, last].map((day) => isoDates(`walkForwardFolds: fold ${fold + 1}`, [day])[0]);
  if (start <= end) return [start, end];
  throw new VizInputError(`walkForwardFolds: fold ${fold + 1} has a span from ${start} to ${end}`);
}
