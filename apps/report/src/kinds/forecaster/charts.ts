import { runFiles } from '@fin/forecast';
import { colors, cumulativeGain, learningCurve, predictedVsActual, sentimentVsClose } from '@fin/viz';
import type { Chart } from '../../site/chart.js';
import { makeChart } from '../../site/chart.js';
import { lossValues } from '../../site/losses.js';
import { csvLines, sourceOf } from '../../site/source.js';
import type { ForecasterRun } from './read-forecaster.js';
import { drawDirections, drawErrors } from './row-charts.js';

/** The charts of a forecaster's run. Charts without data are null. */
export interface ForecasterCharts {
  readonly closes: Chart;
  readonly gain: Chart;
  readonly errors: Chart | null;
  readonly directions: Chart | null;
  readonly sentiment: Chart;
  readonly learning: Chart | null;
}

/** @param slug start of their ids */
export async function drawForecaster(run: ForecasterRun, slug: string): Promise<ForecasterCharts> {
  return {
    closes: await drawCloses(run, slug),
    gain: await drawGain(run, slug),
    errors: await drawErrors({ ...run, file: runFiles.evaluation }, slug),
    directions: await drawDirections({ ...run, file: runFiles.evaluation }, slug),
    sentiment: await drawSentiment(run, slug),
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
