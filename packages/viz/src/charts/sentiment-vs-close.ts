import type { TopLevelSpec } from 'vega-lite';
import type { Day, Rows } from './check-data.js';
import { checkFinite, isoDates, listRows } from './check-data.js';
import type { ChartOptions, Layer } from './panel.js';
import { DEFAULT_WIDTH, panelTitle, SIGNED_LABEL } from './panel.js';
import { colors, theme } from './theme.js';
import type { TimeChannel } from './time-axis.js';
import { timeChannel } from './time-axis.js';

/** One decision day. */
export interface SentimentRow {
  readonly date: Day;
  /** Close of the day, index points. */
  readonly close: number;
  /** Score of the day's headlines, between -1 (negative) and 1 (positive). */
  readonly sentiment: number;
}

export interface SentimentOptions extends ChartOptions {
  /** Days to mark with a labelled line, such as where the test split starts. @default [] */
  readonly marks?: readonly { readonly date: string; readonly label: string }[];
}

/** Days of the trailing mean: about a month of trading. */
const MEAN_DAYS = 20;

const MARK_LINE_HEIGHT = 14;
/** Generous width of a character of a mark's label, px. */
const LABEL_CHARACTER_WIDTH = 8;

const DAILY = 'Daily';
const MEAN = `${MEAN_DAYS}-day mean`;

/**
 * Charts close and headline sentiment in two panels on one time axis. Two vertical axes in one panel could be scaled until
 * any two series seem to move together.
 *
 * @throws VizInputError when there is no row, a number is not finite, or days are not ascending ISO days
 */
export function sentimentVsClose(data: Rows<SentimentRow>, options: SentimentOptions = {}): TopLevelSpec {
  const rows = listRows('sentimentVsClose', data);
  const dates = checkRows(rows);
  const { title = 'Headline sentiment and close', width = DEFAULT_WIDTH, marks = [] } = options;
  const x = timeChannel('date', dates, width);
  const means = trailingMeans(rows.map((row) => row.sentiment));
  const [markLines, markLabels] =
    marks.length > 0 ? markLayers(marks, x, [dates[0], dates[dates.length - 1]], width) : [[], []];
  const color = { domain: [DAILY, MEAN], range: [colors.actual, colors.second] };
  const y = {
    type: 'quantitative',
    axis: { format: '+.1f', tickCount: 5, labelExpr: SIGNED_LABEL },
  } as const;
  return {
    title: title ?? undefined,
    description: describe(rows, dates),
    config: theme,
    data: {
      values: rows.map(({ close, sentiment }, i) => ({ date: dates[i], close, sentiment, mean: means[i] })),
    },
    resolve: { scale: { color: 'independent' } },
    vconcat: [
      {
        title: panelTitle('Close, index points'),
        width,
        height: 170,
        layer: [
          {
            mark: { type: 'line', color: colors.ink, strokeWidth: 1.2 },
            encoding: { x, y: { field: 'close', type: 'quantitative', scale: { zero: false } } },
          },
          ...markLines,
          ...markLabels,
        ],
      },
      {
        title: panelTitle('Headline sentiment, −1 to 1'),
        width,
        height: 130,
        layer: [
          {
            mark: { type: 'line', strokeWidth: 0.7, opacity: 0.7 },
            encoding: { x, y: { ...y, field: 'sentiment' }, color: { datum: DAILY, scale: color } },
          },
          {
            mark: { type: 'line', strokeWidth: 2 },
            encoding: { x, y: { ...y, field: 'mean' }, color: { datum: MEAN, scale: color } },
          },
          ...markLines,
        ],
      },
    ],
  };
}

/** Mean of each value and up to {@link MEAN_DAYS} - 1 before it. */
function trailingMeans(values: readonly number[]): number[] {
  return values.map((_, i) => {
    const days = values.slice(Math.max(0, i + 1 - MEAN_DAYS), i + 1);
    return days.reduce((sum, value) => sum + value, 0) / days.length;
  });
}

type Marks = NonNullable<SentimentOptions['marks']>;

function markLayers(
  marks: Marks,
  x: TimeChannel,
  span: readonly [first: string, last: string],
  width: number,
): [Layer[], Layer[]] {
  const data = { values: stepDown(marks, span, width) };
  const line: Layer = {
    data,
    mark: { type: 'rule', color: colors.label, strokeDash: [3, 3] },
    encoding: { x },
  };
  const text = {
    type: 'text',
    align: 'left',
    baseline: 'top',
    dx: 4,
    color: colors.label,
    fontSize: 11,
  } as const;
  const encoding = {
    x,
    y: { field: 'top', type: 'quantitative', scale: null, axis: null },
    text: { field: 'label', type: 'nominal' },
  } as const;
  const halo: Layer = { data, mark: { ...text, stroke: '#ffffff', strokeWidth: 4 }, encoding };
  return [[line], [halo, { data, mark: text, encoding }]];
}

/** Places labels. A label that would overlap the one before moves a line down. */
function stepDown(marks: Marks, [first, last]: readonly [string, string], width: number): object[] {
  const perMs = width / (Date.parse(last) - Date.parse(first) || 1);
  let top = 0;
  let end = Number.NEGATIVE_INFINITY;
  return marks.map(({ date, label }) => {
    const left = (Date.parse(date) - Date.parse(first)) * perMs;
    top = left < end ? top + MARK_LINE_HEIGHT : 0;
    end = left + label.length * LABEL_CHARACTER_WIDTH;
    return { date, label, top };
  });
}

function checkRows(rows: readonly SentimentRow[]): string[] {
  for (const [i, row] of rows.entries()) {
    checkFinite('sentimentVsClose', i, 'close', row.close);
    checkFinite('sentimentVsClose', i, 'sentiment', row.sentiment);
  }
  return isoDates(
    'sentimentVsClose',
    rows.map((row) => row.date),
  );
}

function describe(rows: readonly SentimentRow[], dates: readonly string[]): string {
  const mean = rows.reduce((sum, row) => sum + row.sentiment, 0) / rows.length;
  return (
    `Two line charts over ${rows.length} trading days, ${dates[0]} to ${dates[dates.length - 1]}: the close, ` +
    `and the sentiment of the headlines with its ${MEAN_DAYS}-day mean; ${mean.toFixed(2)} on average.`
  );
}
