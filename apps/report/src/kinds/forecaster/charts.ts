import type { EvaluationRow } from '@fin/forecast';
import { conformalIntervals, runFiles } from '@fin/forecast';
import {
  colors,
  cumulativeGain,
  leadLag,
  learningCurve,
  predictedVsActual,
  predictionBand,
  sentimentVsClose,
} from '@fin/viz';
import type { Chart } from '../../site/chart.js';
import { makeChart } from '../../site/chart.js';
import { fixed, percent } from '../../site/html.js';
import { lossValues } from '../../site/losses.js';
import { csvLines, sourceOf } from '../../site/source.js';
import type { ForecasterRun } from './read-forecaster.js';
import { drawDirections, drawErrors } from './row-charts.js';
import { isBaseline } from './verdict.js';

/** The charts of a forecaster's run. Charts without data are null. */
export interface ForecasterCharts {
  readonly closes: Chart;
  readonly gain: Chart;
  /** Prediction intervals of the test days; null without calibration days. */
  readonly intervals: Chart | null;
  readonly errors: Chart | null;
  readonly directions: Chart | null;
  readonly sentiment: Chart;
  /** Correlation of sentiment with the returns around its day; null for a model without text, and for too few days. */
  readonly relation: Chart | null;
  readonly learning: Chart | null;
}

/** @param slug start of their ids */
export async function drawForecaster(run: ForecasterRun, slug: string): Promise<ForecasterCharts> {
  return {
    closes: await drawCloses(run, slug),
    gain: await drawGain(run, slug),
    intervals: await drawIntervals(run, slug),
    errors: await drawErrors({ ...run, file: runFiles.evaluation }, slug),
    directions: await drawDirections({ ...run, file: runFiles.evaluation }, slug),
    sentiment: await drawSentiment(run, slug),
    relation: await drawLeadLag(run, slug),
    learning: await drawLearning(run, slug),
  };
}

const testDays = ({ predictions }: ForecasterRun) => predictions.filter(({ split }) => split === 'test');

function testSource({ name, predictions }: ForecasterRun, columns: string) {
  const first = predictions.findIndex(({ split }) => split === 'test');
  return sourceOf(
    name,
    runFiles.predictions,
    `${csvLines(first, predictions.length - 1)} (the test days), columns ${columns}`,
  );
}

function drawCloses(run: ForecasterRun, slug: string): Promise<Chart> {
  const actual = { format: 'points', color: colors.actual } as const;
  const forecast = { format: 'points', color: colors.model } as const;
  return makeChart({
    id: `${slug}-predicted-vs-actual`,
    title: 'Predicted and actual close',
    caption:
      'Above, the closes of the test days and their forecasts: lines that start each day from the last close always look close. Below, what was really forecast: the change from the close before.',
    source: testSource(
      run,
      'lastClose, actual and predicted; a change is a close divided by lastClose, minus 1',
    ),
    draw: (options) => predictedVsActual(testDays(run), options),
    key: { x: 'date' },
    values: [
      [
        { ...actual, label: 'Actual', field: 'actual' },
        { ...forecast, label: 'Forecast', field: 'predicted' },
      ],
      [
        { ...actual, label: 'Actual change', field: 'actualChange', format: 'change' },
        { ...forecast, label: 'Forecast change', field: 'predictedChange', format: 'change' },
      ],
    ],
  });
}

function drawGain(run: ForecasterRun, slug: string): Promise<Chart> {
  return makeChart({
    id: `${slug}-cumulative-gain`,
    title: 'Gain over persistence',
    caption:
      'Absolute error that persistence made and the model did not, summed from the first test day. A line that keeps rising is skill; one that wanders around 0 is none.',
    source: testSource(
      run,
      'lastClose, actual and predicted; the sum of |actual − lastClose| − |actual − predicted|',
    ),
    draw: (options) => cumulativeGain(testDays(run), options),
    key: { x: 'date' },
    values: [[{ label: 'Error saved so far', field: 'gain', format: 'points', color: colors.second }]],
  });
}

/** Intervals of the adaptive method, which the evaluation measures as well. */
function drawIntervals(run: ForecasterRun, slug: string): Promise<Chart | null> {
  const { predictions, evaluation } = run;
  const { level } = evaluation;
  const adaptiveOf = (row: EvaluationRow | undefined) => row?.predictionIntervals?.adaptive;
  const measured = adaptiveOf(evaluation.rows.find((row) => !isBaseline(row)));
  const persistence = adaptiveOf(evaluation.rows.find(({ model }) => model === 'persistence'));
  const calibration = predictions.filter(({ split }) => split === 'validation');
  if (!measured || calibration.length === 0) return Promise.resolve(null);
  const days = testDays(run);
  const intervals = conformalIntervals(calibration, days, { level, method: 'adaptive' });
  const rows = days.flatMap((day, i) => {
    const { interval } = intervals[i];
    return interval === null ? [] : [{ ...day, low: interval[0], high: interval[1] }];
  });
  if (rows.length === 0) return Promise.resolve(null);
  const unbounded = days.length - rows.length;
  const widths =
    measured.meanWidth === null || persistence?.meanWidth == null
      ? ''
      : ` Its mean width is ${fixed(measured.meanWidth, 0)} points; around persistence the same method needs ${fixed(persistence.meanWidth, 0)}.`;
  return makeChart({
    id: `${slug}-prediction-intervals`,
    title: 'Prediction intervals',
    caption: `Interval that should hold the close on ${percent(level, 0)} of days, as changes from the close before, and the actual changes. It held ${percent(measured.coverage, 1)} of the ${days.length} test days. Its width follows the errors of the validation days and of the test days before (adaptive conformal inference).${widths}${unbounded > 0 ? ` Not drawn: ${fixed(unbounded, 0)} days whose interval has no bounds.` : ''}`,
    source: testSource(
      run,
      'lastClose, actual and predicted; the intervals are computed from these and the validation days',
    ),
    draw: (options) => predictionBand(rows, { ...options, level }),
    key: { x: 'date' },
    values: [
      [
        { label: 'From', field: 'low', format: 'change', color: null },
        { label: 'Actual change', field: 'actual', format: 'change', color: null },
        { label: 'To', field: 'high', format: 'change', color: null },
      ],
    ],
  });
}

function drawLeadLag({ name, evaluation }: ForecasterRun, slug: string): Promise<Chart | null> {
  const rows = (evaluation.leadLag?.rows ?? []).flatMap(({ lag, r, interval }) =>
    r === null || interval === null ? [] : [{ lag, correlation: r, low: interval[0], high: interval[1] }],
  );
  if (evaluation.leadLag === null || rows.length === 0) return Promise.resolve(null);
  const { n, level, summary } = evaluation.leadLag;
  return makeChart({
    id: `${slug}-lead-lag`,
    title: 'Sentiment and the returns around it',
    caption: `Correlation of a day’s sentiment with the return of the same day (0), of days after (+1 is the day that is forecast) and of days before, on ${n} days, with ${percent(level, 0)} block-bootstrap intervals. Of so many lags one may leave out 0 by chance (coloured bars); with a correction for their number: ${summary}`,
    source: sourceOf(name, runFiles.evaluation, 'leadLag.rows'),
    draw: (options) => leadLag(rows, options),
    key: { x: 'lag' },
    values: [
      [
        { label: 'Correlation', field: 'correlation', format: 'score', color: null },
        { label: 'From', field: 'low', format: 'score', color: null },
        { label: 'To', field: 'high', format: 'score', color: null },
      ],
    ],
  });
}

function drawSentiment({ name, predictions }: ForecasterRun, slug: string): Promise<Chart> {
  const days = predictions.map(({ decisionDate, lastClose, sentiment }) => ({
    date: decisionDate,
    close: lastClose,
    sentiment,
  }));
  const marks = (['validation', 'test'] as const).flatMap((split) => {
    const first = predictions.find((prediction) => prediction.split === split);
    return first && first !== predictions[0] ? [{ date: first.decisionDate, label: split }] : [];
  });
  return makeChart({
    id: `${slug}-sentiment-vs-close`,
    title: 'Sentiment and close',
    caption:
      'Close of each decision day and the score of its headlines, over all splits. The model was fitted on the days before the first dashed line.',
    source: sourceOf(
      name,
      runFiles.predictions,
      `${csvLines(0, predictions.length - 1)}, columns decisionDate, lastClose and sentiment`,
    ),
    draw: (options) => sentimentVsClose(days, { ...options, marks }),
    key: { x: 'date' },
    values: [
      [{ label: 'Close', field: 'close', format: 'points', color: colors.ink }],
      [
        { label: 'Sentiment of the day', field: 'sentiment', format: 'score', color: colors.actual },
        { label: 'Mean of 20 days', field: 'mean', format: 'score', color: colors.second },
      ],
    ],
  });
}

function drawLearning({ name, epochs }: ForecasterRun, slug: string): Promise<Chart | null> {
  if (epochs.length === 0) return Promise.resolve(null);
  return makeChart({
    id: `${slug}-learning-curve`,
    title: 'Learning curve',
    caption: 'Loss after each epoch, with a ring around the least validation loss.',
    source: sourceOf(name, runFiles.metrics, `lines 1 to ${epochs.length}, trainLoss and validationLoss`),
    draw: (options) => learningCurve(epochs, options),
    key: { x: 'epoch' },
    values: [lossValues],
  });
}
