// Loss curves of fine-tuning on Financial PhraseBank in several precisions, and how they differ beside how seeds differ.
//   node bench/precision-curves.mjs --data Sentences_50Agree.txt --model DIR [--seeds 1,2] [--precisions fp32,bf16] [--epochs 4] [--method lora|full] [--json]
// The split is the same for all seeds (--split-seed), so that seeds differ by the fresh head, the adapters, the order and dropout
// alone. A pair is one seed in float32 and in another precision; the noise is the spread of float32 across seeds. One line per epoch
// goes to stderr as the work goes on.
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describePrecision } from '@fin/amp';
import { loadSentences } from '@fin/data';
import { loadKernels } from '@fin/kernels';
import { RunFolder } from '@fin/run';
import { currentTensorFlow, loadTensorFlow } from '@fin/runtime';
import { tuneSentiment } from '../dist/index.js';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    model: { type: 'string' },
    seeds: { type: 'string', default: '1,2' },
    precisions: { type: 'string', default: 'fp32,bf16' },
    epochs: { type: 'string', default: '4' },
    method: { type: 'string', default: 'lora' },
    'split-seed': { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
if (!options.data || !options.model) throw new Error('give --data FILE and --model DIR');
const seeds = options.seeds.split(',').map(Number);
const precisions = options.precisions.split(',');

await loadTensorFlow();
const kernels = await loadKernels();
const bank = await loadSentences(options.data);
const folder = await mkdtemp(join(tmpdir(), 'fin-curves-'));

async function tune(seed, precision) {
  const runDir = join(folder, `${precision}-${seed}`);
  const summary = await tuneSentiment({
    bank,
    modelDir: options.model,
    runDir,
    settings: {
      method: options.method,
      seed,
      splitSeed: Number(options['split-seed']),
      epochs: Number(options.epochs),
      precision,
    },
    onEvent: (event) => {
      if (event.kind !== 'epoch') return;
      const { epoch, trainLoss, validationLoss, seconds } = event;
      console.error(
        `${precision} seed ${seed} epoch ${epoch}: training ${trainLoss.toFixed(4)}, validation ${validationLoss.toFixed(4)}, ${seconds.toFixed(1)} s, load ${loadavg()[0].toFixed(1)}`,
      );
    },
  });
  const { accuracy, macroF1, sentencesPerSecond } = summary;
  const epochs = (await RunFolder.open(runDir)).readMetrics();
  return {
    seed,
    precision,
    train: epochs.map(({ trainLoss }) => trainLoss),
    validation: epochs.map(({ validationLoss }) => validationLoss),
    accuracy,
    macroF1,
    sentencesPerSecond,
  };
}

const runs = [];
try {
  for (const seed of seeds) for (const precision of precisions) runs.push(await tune(seed, precision));
} finally {
  await rm(folder, { recursive: true });
}

const spread = (values) => Math.max(...values) - Math.min(...values);
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const of = (precision) => runs.filter((run) => run.precision === precision);

/** Largest and mean difference of one figure: between a precision and float32 for the same seed, and across the seeds of float32. */
function compare(precision, figure) {
  const pairs = of(precision).map((run) => {
    const wide = of('fp32').find(({ seed }) => seed === run.seed);
    const epochs = Math.min(figure(run).length, figure(wide).length);
    return figure(run)
      .slice(0, epochs)
      .map((value, epoch) => Math.abs(value - figure(wide)[epoch]));
  });
  const epochs = Math.min(...of('fp32').map((run) => figure(run).length));
  const noise = Array.from({ length: epochs }, (_, epoch) =>
    spread(of('fp32').map((run) => figure(run)[epoch])),
  );
  return {
    meanDifference: mean(pairs.flat()),
    largestDifference: Math.max(...pairs.flat()),
    meanSpreadOfSeeds: mean(noise),
    largestSpreadOfSeeds: Math.max(...noise),
  };
}

const comparisons = precisions
  .filter((precision) => precision !== 'fp32' && of('fp32').length > 1)
  .map((precision) => ({
    precision,
    train: compare(precision, ({ train }) => train),
    validation: compare(precision, ({ validation }) => validation),
    accuracy: compare(precision, ({ accuracy }) => [accuracy]),
    macroF1: compare(precision, ({ macroF1 }) => [macroF1]),
  }));
const { backend, version } = currentTensorFlow();
const environment = {
  backend,
  version,
  fusedOps: kernels.available,
  processor: cpus()[0].model,
  threads: cpus().length,
  precisions: precisions.map((precision) => describePrecision(precision).summary),
};

if (options.json) console.log(JSON.stringify({ environment, runs, comparisons }, null, 2));
else {
  const list = (values) => values.map((value) => value.toFixed(4)).join(' ');
  console.log(`${backend} ${version}, fused ops: ${kernels.available}; ${environment.precisions.join('; ')}`);
  console.log(
    '\nprecision  seed  accuracy  macro-F1  sentences/s  training loss by epoch | validation loss by epoch',
  );
  for (const run of runs) {
    const { precision, seed, accuracy, macroF1, sentencesPerSecond, train, validation } = run;
    console.log(
      `${precision.padEnd(9)}  ${String(seed).padStart(4)}  ${accuracy.toFixed(4).padStart(8)}  ${macroF1.toFixed(4).padStart(8)}  ` +
        `${sentencesPerSecond.toFixed(1).padStart(11)}  ${list(train)} | ${list(validation)}`,
    );
  }
  for (const { precision, ...figures } of comparisons) {
    console.log(`\n${precision} against fp32, same seed; and the spread of fp32 across seeds`);
    for (const [name, figure] of Object.entries(figures)) {
      console.log(
        `${name.padEnd(10)}  difference: mean ${figure.meanDifference.toFixed(4)}, largest ${figure.largestDifference.toFixed(4)};  ` +
          `seeds: mean ${figure.meanSpreadOfSeeds.toFixed(4)}, largest ${figure.largestSpreadOfSeeds.toFixed(4)}`,
      );
    }
  }
}
