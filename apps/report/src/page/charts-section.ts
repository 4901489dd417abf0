import { cumulativeGain, learningCurve, predictedVsActual, sentimentVsClose } from '@fin/viz';
import type { Html } from '../html/html.js';
import { html } from '../html/html.js';
import type { ReportRun } from '../run/read-run.js';
import { chart } from './chart.js';

/** Every chart of a run, each under its own heading. */
export async function chartsSection({ predictions, epochs }: ReportRun): Promise<Html> {
  const test = predictions.filter(({ split }) => split === 'test');
  const days = predictions.map(({ decisionDate, lastClose, sentiment }) => ({
    date: decisionDate,
    close: lastClose,
    sentiment,
  }));
  const marks = (['validation', 'test'] as const).flatMap((split) => {
    const first = predictions.find((prediction) => prediction.split === split);
    return first && first !== predictions[0] ? [{ date: first.decisionDate, label: split }] : [];
  });
  return html`<h2>Predicted and actual close</h2>
${await chart(
  'predicted-vs-actual',
  'Above, the closes of the test days and their forecasts: lines that start each day from the last close always look close. Below, what was really forecast: the change from the close before.',
  (options) => predictedVsActual(test, options),
)}
<h2>Gain over persistence</h2>
${await chart(
  'cumulative-gain',
  'Absolute error that persistence made and the model did not, summed from the first test day. A line that keeps rising is skill; one that wanders around 0 is none.',
  (options) => cumulativeGain(test, options),
)}
<h2>Sentiment and close</h2>
${await chart(
  'sentiment-vs-close',
  'Close of each decision day and the score of its headlines, over all splits. The model was fitted on the days before the first dashed line.',
  (options) => sentimentVsClose(days, { ...options, marks }),
)}
<h2>Learning curve</h2>
${
  epochs.length === 0
    ? html`<p>The run recorded no epochs.</p>`
    : await chart(
        'learning-curve',
        'Loss after each epoch, with a ring around the least validation loss.',
        (options) => learningCurve(epochs, options),
      )
}`;
}
