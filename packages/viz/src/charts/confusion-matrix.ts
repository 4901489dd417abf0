import type { TopLevelSpec } from 'vega-lite';
import { VizInputError } from '../errors.js';
import type { ChartOptions } from './panel.js';
import { DEFAULT_WIDTH, panelTitle } from './panel.js';
import { colors, theme } from './theme.js';

/** A confusion matrix, as `confusion.json` of a fine-tuning run has it. */
export interface ConfusionData {
  /** Names of the classes. */
  readonly labels: readonly string[];
  /** `confusion[i][j]`: number of examples of class i that were classified as j. */
  readonly confusion: readonly (readonly number[])[];
}

/** Darkest share of a row at which black text is still readable. */
const DARK = 0.55;

/**
 * Charts a confusion matrix: one row per actual class, one column per predicted class. A cell has the count and its share of
 * the row; the share gives the shade.
 *
 * @throws VizInputError when the matrix is not square, or a count is not a whole number of at least 0
 */
export function confusionMatrix(
  { labels, confusion }: ConfusionData,
  options: ChartOptions = {},
): TopLevelSpec {
  const n = labels.length;
  const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  if (n === 0 || confusion.length !== n || confusion.some((row) => row.length !== n || !row.every(isCount))) {
    throw new VizInputError(
      `confusionMatrix: ${n} labels need ${n} rows of ${n} counts; got rows of ${confusion.map((row) => row.length).join(', ')}`,
    );
  }
  const { title = 'Confusion matrix', width = DEFAULT_WIDTH } = options;
  const values = confusion.flatMap((row, i) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.map((count, j) => {
      const share = total === 0 ? 0 : count / total;
      return {
        actual: labels[i],
        predicted: labels[j],
        share,
        text: `${count} (${(100 * share).toFixed(0)} %)`,
        ink: share > DARK ? '#ffffff' : colors.ink,
      };
    });
  });
  const all = confusion.flat().reduce((sum, count) => sum + count, 0);
  const right = confusion.reduce((sum, row, i) => sum + row[i], 0);
  const axis = { labelAngle: 0, domain: false, ticks: false, labelLimit: 120 } as const;
  const labelled = (text: string) =>
    ({ title: text, titleColor: colors.label, titleFontWeight: 'normal' }) as const;
  const side = Math.min(width, 110 * n);
  return {
    title: title ?? undefined,
    description: `Confusion matrix of ${all} examples and the classes ${labels.join(', ')}; ${right} are on the diagonal.`,
    config: theme,
    data: { values },
    vconcat: [
      {
        title: panelTitle('Actual class (rows)'),
        width: side,
        height: Math.min(side, 56 * n),
        encoding: {
          x: {
            field: 'predicted',
            type: 'nominal',
            sort: null,
            axis: { ...axis, ...labelled('Predicted class') },
          },
          y: { field: 'actual', type: 'nominal', sort: null, axis },
        },
        resolve: { scale: { color: 'independent' } },
        layer: [
          {
            mark: { type: 'rect', stroke: '#ffffff', strokeWidth: 2 },
            encoding: {
              color: {
                field: 'share',
                type: 'quantitative',
                scale: { domain: [0, 1], range: ['#eef4f9', colors.second] },
                legend: null,
              },
            },
          },
          {
            mark: { type: 'text', fontSize: 12 },
            encoding: {
              text: { field: 'text', type: 'nominal' },
              color: { field: 'ink', type: 'nominal', scale: null },
            },
          },
        ],
      },
    ],
  };
}
