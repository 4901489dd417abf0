import { cumulativeGain, learningCurve, predictedVsActual, renderSvg, sentimentVsClose } from '@fin/viz';
import type { Html } from '../html.js';
import { html, trusted } from '../html.js';
import type { ReportRun } from '../read-run.js';

/** The charts of a run, each under its own heading. */
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

type Spec = Parameters<typeof renderSvg>[0];

/** Plot widths in px: the page's full column, and a phone of at least 360 px. */
const WIDE = 792;
const NARROW = 256;

/**
 * A chart, drawn twice so that its text is readable on wide and on narrow screens. The style shows one of the two.
 *
 * @param id start of the ids in the SVGs; unique on the page
 */
export async function chart(
  id: string,
  caption: string,
  draw: (options: { title: null; width: number }) => Spec,
): Promise<Html> {
  const wide = await renderSvg(draw({ title: null, width: WIDE }), { idPrefix: `${id}-wide` });
  const narrow = await renderSvg(draw({ title: null, width: NARROW }), { idPrefix: `${id}-narrow` });
  return html`<figure id="${id}">
<figcaption>${caption}</figcaption>
<div class="wide">${trusted(wide)}</div>
<div class="narrow">${trusted(narrow)}</div>
</figure>`;
}
