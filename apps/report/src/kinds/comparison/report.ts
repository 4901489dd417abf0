import type { Chart } from '../../site/chart.js';
import { FILES, toCsv } from '../../site/chart.js';
import type { Html } from '../../site/html.js';
import { fixed, html } from '../../site/html.js';
import { sourceOf } from '../../site/source.js';
import { syntheticBanner } from '../forecaster/sections.js';
import type { ReportedKind } from '../run-report.js';
import { drawCosts, drawLatency, drawLosses, drawScores } from './charts.js';
import { deltaRows, jobTable, optimizedTable } from './delta-table.js';
import { comparisonFinding } from './finding.js';
import { jobWords, MEANINGS } from './measures.js';
import { profiledJob } from './profiles.js';
import type { ComparisonRun } from './read-comparison.js';
import { comparisonFiles, readComparison } from './read-comparison.js';
import { measurementRows, variantTables } from './variant-tables.js';

/** Cost and accuracy of LoRA and mixed precision against full fine-tuning. */
export const comparisonKind: ReportedKind = {
  kind: 'comparison',
  slug: 'efficiency',
  nav: 'Efficiency',
  reference: 'baseline variant',
  async report(runDir, { slug }) {
    const run = await readComparison(runDir);
    const { name, results, data, measurements } = run;
    const { jobs, encoder, seeds, epochs, costOnly } = results;
    const finding = comparisonFinding(results);
    const source = sourceOf(name, comparisonFiles.results, 'delta and deltas');
    const drawn = await Promise.all(
      jobs.map(async (job) => ({
        job,
        costs: await drawCosts(run, job, slug),
        latency: await drawLatency(run, job, slug),
        losses: await drawLosses(run, job, slug),
        profiled: await profiledJob(run, job, slug),
      })),
    );
    const scores = await drawScores(run, slug);
    const charts = [
      ...drawn.flatMap(({ costs, latency, losses, profiled }) => [
        costs,
        latency,
        losses,
        ...(profiled?.charts ?? []),
      ]),
      scores,
    ].filter((chart): chart is Chart => chart !== null);
    const files = {
      deltas: `${FILES}/${slug}-deltas.csv`,
      measurements: `${FILES}/${slug}-measurements.csv`,
    };
    return {
      run,
      title: 'Efficiency of LoRA and mixed precision',
      subtitle: `Encoder ${encoder}. ${costOnly ? 'Costs alone' : `${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}`}, ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}, ${measurements.length} measurements. Run ${name}.`,
      banner: data.forecast && syntheticBanner(data.forecast),
      body: html`<section class="verdict ${finding.outcome}" aria-labelledby="verdict">
<h2 id="verdict">${finding.headline}</h2>
${finding.sentences.map((sentence) => html`<p>${sentence}</p>`)}
</section>
<p class="source">Source: ${source}</p>
<h2>Differences</h2>
${jobs.map((job) => jobTable(results, job))}
<p class="source">Source: ${sourceOf(name, comparisonFiles.results, 'deltas: value, interval, conclusion')}</p>
<p class="downloads">Download all differences as <a href="${files.deltas}" download>CSV</a></p>
${scores && html`<h2>Scores against the baseline</h2>${scores.html}`}
${drawn.map(
  ({ job, costs, latency, losses, profiled }) => html`<h2>${jobWords[job]}</h2>
${costs.html}
${latency && html`<h3>Inference by batch size</h3>${latency.html}`}
<h3>The variants</h3>
${variantTables(results, job)}
<p class="source">Source: ${sourceOf(name, comparisonFiles.results, `variants with job ${job}`)}; means over ${sourceOf(name, comparisonFiles.measurements, linesOf(run, job))}</p>
${losses && html`<h3>Training</h3>${losses.html}`}
${profiled ? profiled.body : null}
`,
)}
<p class="downloads">Download all measurements as <a href="${files.measurements}" download>CSV</a></p>
<h2>What is measured</h2>
<dl class="meanings">
${MEANINGS.map(([term, meaning]) => html`<div><dt>${term}</dt><dd>${meaning}</dd></div>`)}
</dl>
${machineSection(run)}`,
      finding: { ...finding, table: optimizedTable(results), source },
      pictures: [
        charts[0],
        ...(scores ? [scores] : []),
        ...charts.slice(1).filter((chart) => chart !== scores),
      ],
      files: new Map([
        ...charts.flatMap((chart) => [...chart.files]),
        [files.deltas, toCsv(deltaRows(results))] as const,
        [files.measurements, toCsv(measurementRows(measurements))] as const,
      ]),
      method: html`<p>The same encoder was trained in several ways: all weights or LoRA adapters, in float32 or under automatic mixed precision.
All variants got the same data, splits, seeds, batches and number of updates, without early stopping.
They were measured in turn, every second round backwards, so that a machine that changes its speed treats all alike. Each measurement trained in a fresh process; inference was timed in further ones, from the saved weights.
Intervals are Student’s t over pairs of measurements with the same seed and repeat; of ratios, on their logarithms.</p>`,
      caveats: [
        'Costs of a comparison belong to the machine that was measured; another one has other ratios.',
        'An interval over seeds reflects the randomness of training, not the choice of the test sentences and days. Intervals of several measures are not corrected for their number.',
      ],
    };
  },
};

/** Lines of `measurements.jsonl` that hold a job's measurements. */
function linesOf({ measurements }: ComparisonRun, job: string): string {
  const lines = measurements.flatMap((one, i) => (one.job === job ? [i + 1] : []));
  const [first, last] = [lines[0], lines[lines.length - 1]];
  return last - first === lines.length - 1 ? `lines ${first} to ${last}` : `lines ${lines.join(', ')}`;
}

function machineSection({ name, machine, data }: ComparisonRun): Html {
  const { cpu, cores, platform, node, backend, tensorflowVersion, fusedOps } = machine;
  return html`<h2>Machine</h2>
<p class="free">${cpu}, ${fixed(cores, 0)} processors, ${platform}. Node ${node}, backend ${backend} ${tensorflowVersion}, ${fusedOps ? 'with' : 'without'} the fused ops.</p>
<p class="source">Source: ${sourceOf(name, 'environment.json', '')}</p>
<p class="soft">Fingerprint of the data (sha256): <code>${data.fingerprint}</code></p>`;
}
