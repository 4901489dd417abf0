import { tuningFiles } from '@fin/sentiment';
import { confusionMatrix, dotInterval, learningCurve } from '@fin/viz';
import type { Chart } from '../../site/chart.js';
import { FILES, makeChart, toCsv } from '../../site/chart.js';
import type { Html } from '../../site/html.js';
import { fixed, html, percent, percentRange, visible } from '../../site/html.js';
import { lossValues } from '../../site/losses.js';
import { sourceOf } from '../../site/source.js';
import type { ReportedKind } from '../run-report.js';
import type { TuningRun } from './read-tuning.js';
import { readTuning } from './read-tuning.js';
import type { ClassShares, Share } from './scores.js';
import { accuracyOf, classShares, LEVEL, tuningFinding } from './scores.js';

/** Scores of a fine-tuned sentiment model on sentences it was not trained on. */
export const tuningKind: ReportedKind = {
  kind: 'sentiment-tuning',
  slug: 'sentiment',
  nav: 'Sentiment',
  reference: 'most frequent class',
  async report(runDir, { slug }) {
    const run = await readTuning(runDir);
    const { name, evaluation, data } = run;
    const labels = evaluation.classes.map(({ label }) => visible(label));
    const classes = classShares(run);
    const accuracy = accuracyOf(run);
    const finding = tuningFinding(run, labels);
    const matrix = await drawConfusion(run, labels, slug);
    const recalls = await drawRecalls(run, labels, classes, slug);
    const learning = await drawLearning(run, slug);
    const source = html`${sourceOf(name, tuningFiles.evaluation, 'accuracy, macroF1, classes')}; intervals from the counts in ${sourceOf(name, tuningFiles.confusion, 'confusion')}`;
    const csv = `${FILES}/${slug}-classes.csv`;
    return {
      run,
      title: 'Sentiment of sentences',
      subtitle: `${evaluation.n} test sentences that the model was not trained on. Run ${name}.`,
      banner: null,
      body: html`<section class="verdict ${finding.outcome}" aria-labelledby="verdict">
<h2 id="verdict">${finding.headline}</h2>
${finding.sentences.map((sentence) => html`<p>${sentence}</p>`)}
</section>
<dl class="figures">
${figure('Right class', percent(accuracy.value, 1), accuracy.interval && percentRange(accuracy.interval, 1))}
${figure('Macro-F1', fixed(evaluation.macroF1, 3), 'mean of the classes’ F1')}
${figure('Test sentences', fixed(evaluation.n, 0), `${fixed(data.splits.train.n ?? 0, 0)} to train on`)}
${figure('Epochs', String(run.epochs.length), 'the best one is kept')}
</dl>
<p class="source">Source: ${source}</p>
${classTable(classes, source, csv)}
<h2>Confusion matrix</h2>
${matrix.html}
<h2>Recall of each class</h2>
${recalls.html}
<h2>Training curves</h2>
${learning ? learning.html : html`<p>The run recorded no epochs.</p>`}
${dataSection(run)}`,
      finding: {
        ...finding,
        source,
        figure: {
          name: 'Right class',
          value: percent(accuracy.value, 1),
          beside:
            accuracy.interval === null
              ? ''
              : `${percent(LEVEL, 0)} interval ${percentRange(accuracy.interval, 1)}; macro-F1 ${fixed(evaluation.macroF1, 3)}`,
        },
      },
      pictures: [matrix, ...(learning ? [learning] : []), recalls],
      files: new Map([
        ...[matrix, recalls, learning].flatMap((chart) => (chart ? [...chart.files] : [])),
        [csv, toCsv(classes.map(flatClass))] as const,
      ]),
      method: html`<p>A BERT encoder was fine-tuned on sentences that people had labelled positive, negative or neutral for an investor.
Repeated sentences were used once, and sentences with contradictory labels not at all, so that no test sentence is also a training sentence.
The weights are those of the epoch with the least validation loss; the test sentences were scored once, at the end. Intervals are Wilson’s at the ${percent(LEVEL, 0)} level.</p>`,
      caveats: [
        'The intervals of the sentiment scores reflect the number of test sentences, not the choice of the split or of the seed.',
        'The labels are the majority’s opinion on single sentences of news; daily headlines differ from them.',
      ],
    };
  },
};

const figure = (name: string, value: string, beside: string | null): Html =>
  html`<div><dt>${name}</dt><dd><span class="value">${value}</span><br><span class="beside">${beside}</span></dd></div>`;

function classTable(classes: readonly ClassShares[], source: Html, csv: string): Html {
  const cell = ({ value, interval }: Share) =>
    html`<span>${percent(value, 1)}${interval && html`<span class="interval">${percentRange(interval, 1)}</span>`}</span>`;
  return html`<h2>Classes</h2>
<table class="stacked classes">
<caption>Test sentences by class. Small figures are ${percent(LEVEL, 0)} intervals.</caption>
<thead><tr><th scope="col">Class</th><th scope="col">Precision</th><th scope="col">Recall</th><th scope="col">F1</th><th scope="col">Sentences</th></tr></thead>
<tbody>
${classes.map(
  ({ label, precision, recall, f1, support }) => html`<tr>
<th scope="row">${label}</th>
<td data-label="Precision">${cell(precision)}</td>
<td data-label="Recall">${cell(recall)}</td>
<td data-label="F1">${fixed(f1, 3)}</td>
<td data-label="Sentences">${support}</td>
</tr>
`,
)}
</tbody>
</table>
<p class="source">Source: ${source}</p>
<p class="downloads">Download this table as <a href="${csv}" download>CSV</a></p>
<h3>How to read this table</h3>
<dl class="meanings">
<div><dt>Precision</dt><dd>share of the sentences given this class that belong to it</dd></div>
<div><dt>Recall</dt><dd>share of this class’s sentences that were given it</dd></div>
<div><dt>F1</dt><dd>harmonic mean of precision and recall</dd></div>
</dl>`;
}

function flatClass({ label, precision, recall, f1, support }: ClassShares): Record<string, unknown> {
  return {
    class: label,
    precision: precision.value,
    precisionLow: precision.interval?.[0],
    precisionHigh: precision.interval?.[1],
    recall: recall.value,
    recallLow: recall.interval?.[0],
    recallHigh: recall.interval?.[1],
    f1,
    support,
  };
}

function drawConfusion(
  { name, confusion }: TuningRun,
  labels: readonly string[],
  slug: string,
): Promise<Chart> {
  return makeChart({
    id: `${slug}-confusion-matrix`,
    title: 'Confusion matrix',
    caption:
      'Test sentences by the class that people gave (rows) and the class that the model gave (columns). A percentage is the share of its row; the diagonal is right.',
    source: sourceOf(name, tuningFiles.confusion, 'confusion'),
    draw: (options) => confusionMatrix({ labels, confusion }, options),
    key: { x: 'predicted', y: 'actual' },
    values: [[{ label: 'Sentences', field: 'text', format: 'text', color: null }]],
    shades: true,
  });
}

function drawRecalls(
  { name }: TuningRun,
  labels: readonly string[],
  classes: readonly ClassShares[],
  slug: string,
): Promise<Chart> {
  const rows = classes.map(({ recall }, i) => ({
    name: labels[i],
    value: recall.value,
    low: recall.interval?.[0] ?? recall.value,
    high: recall.interval?.[1] ?? recall.value,
  }));
  return makeChart({
    id: `${slug}-recalls`,
    title: 'Recall of each class',
    caption: `Share of each class’s test sentences that the model found, with ${percent(LEVEL, 0)} Wilson intervals.`,
    source: sourceOf(name, tuningFiles.confusion, 'confusion[i][i] divided by the sum of confusion[i]'),
    draw: (options) => dotInterval(rows, { ...options, quantity: 'Share of its sentences', format: '.0%' }),
    key: { y: 'name' },
    values: [
      [
        { label: 'Recall', field: 'value', format: 'share', color: null },
        { label: 'From', field: 'low', format: 'share', color: null },
        { label: 'To', field: 'high', format: 'share', color: null },
      ],
    ],
  });
}

function drawLearning({ name, epochs }: TuningRun, slug: string): Promise<Chart | null> {
  if (epochs.length === 0) return Promise.resolve(null);
  return makeChart({
    id: `${slug}-training-curves`,
    title: 'Training curves',
    caption:
      'Cross-entropy after each epoch, with a ring around the least validation loss, whose weights are kept.',
    source: sourceOf(name, tuningFiles.metrics, `lines 1 to ${epochs.length}, trainLoss and validationLoss`),
    draw: (options) => learningCurve(epochs, options),
    key: { x: 'epoch' },
    values: [lossValues],
  });
}

function dataSection({ name, data, evaluation }: TuningRun): Html {
  const labels = evaluation.classes.map(({ label }) => label);
  return html`<h2>Data</h2>
<p>${fixed(data.lines, 0)} lines, ${fixed(data.sentences, 0)} distinct sentences used; ${fixed(data.duplicates, 0)} repeated and ${fixed(data.conflicts, 0)} contradictory ones left out.</p>
<table class="splits">
<caption>Sentences of each split by class</caption>
<thead><tr><th scope="col">Split</th><th scope="col">All</th>${labels.map((label) => html`<th scope="col">${label}</th>`)}</tr></thead>
<tbody>${(['train', 'validation', 'test'] as const).map(
    (split) =>
      html`<tr><th scope="row">${split}</th><td>${data.splits[split].n ?? '–'}</td>${labels.map((label) => html`<td>${data.splits[split][label] ?? '–'}</td>`)}</tr>
`,
  )}</tbody>
</table>
<p class="source">Source: ${sourceOf(name, tuningFiles.data, 'splits')}</p>
<p class="soft">Fingerprint of the data (sha256): <code>${data.fingerprint}</code></p>`;
}
