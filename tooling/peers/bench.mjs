// The encoder beside its peers on this machine: PyTorch with transformers and PEFT, OpenVINO, onnxruntime-node. Inference, LoRA and full
// fine-tuning of a classifier on the same real headlines; all contenders of one job take turns, each in a process of its own.
//   npm run bench:peers -- --data DIR --model DIR [--rounds 5] [--batches 4] [--works …] [--sizes …] [--precisions …] [--json] [--write]
// --json prints one document; --write puts the table into docs/performance.md, in place of an older one of this machine.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cacheRoot, loadTensorFlow } from '@fin/runtime';
import { contenders, PRECISIONS, SIZES, WORKS } from './contenders.mjs';
import { npmEnvironment, pythonEnvironment } from './environments.mjs';
import { writeInputs } from './inputs.mjs';
import { formatTable, replaceTable } from './table.mjs';
import { Worker } from './worker.mjs';

/** Pinned peers. */
const PYTHON = [
  'torch==2.13.0',
  'transformers==5.24.0',
  'peft==0.21.2',
  'openvino==2026.4.1',
  'onnx==1.23.2',
  'onnxruntime==1.32.0',
];
/** Its install script fetches CUDA libraries, which nothing here uses. */
const NPM = { 'onnxruntime-node': '1.30.0' };

const list = (all) => ({ type: 'string', default: all.join(',') });
const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: process.env.FIN_DATA },
    model: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    batches: { type: 'string', default: '4' },
    works: list(WORKS),
    sizes: list(SIZES),
    precisions: list(PRECISIONS),
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
if (!options.data || !options.model) throw new Error('name the data and the model: --data DIR --model DIR');
const chosen = (name, all) => {
  const names = options[name].split(',');
  const unknown = names.find((one) => !all.includes(one));
  if (unknown !== undefined) throw new Error(`--${name} has no "${unknown}": there are ${all.join(', ')}`);
  return names;
};
const [works, sizes, precisions] = [
  chosen('works', WORKS),
  chosen('sizes', SIZES),
  chosen('precisions', PRECISIONS),
];
const rounds = Number(options.rounds);

const page = fileURLToPath(new URL('../../docs/performance.md', import.meta.url));
/** Before it is measured, a contender works at least so long, and at least one pass: JavaScript is compiled on the way. */
const WARM_UP_MS = 2000;
/** A contender's turn lasts at least so long. */
const TURN_MS = 500;
const say = (text) => process.stderr.write(`${text}\n`);
const cache = join(cacheRoot(), 'peers');
const python = pythonEnvironment(join(cache, 'python'), PYTHON, say);
const modules = npmEnvironment(join(cache, 'npm'), NPM, say);
const threads = availableParallelism();
const { backend } = await loadTensorFlow();
const model = resolve(options.model);
const inputs = await writeInputs(options.data, model, Number(options.batches));
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Losses of LoRA in float32 without dropout from the same weights, here and in PEFT: the largest difference. */
async function compareLosses() {
  const job = { work: 'lora', precision: 'fp32', batching: 'default', dropout: false, threads };
  const start = join(inputs.folder, 'start');
  const both = contenders({ work: 'lora', size: '22m', precision: 'fp32' }, { python, modules }).filter(
    ({ system, batching }) => system === 'fin' || (system === 'torch' && batching === 'default'),
  );
  const losses = [];
  for (const { command } of both) {
    const worker = await Worker.start(command, { ...job, model, inputs: inputs.file, start });
    const passes = [await worker.pass(), await worker.pass()];
    losses.push(passes.flatMap((pass) => pass.losses));
    await worker.stop();
  }
  const [ours, theirs] = losses;
  const difference = Math.max(...ours.map((loss, i) => Math.abs(loss - theirs[i])));
  say(
    `losses of ${ours.length} updates, here and in PEFT: ${ours[0].toFixed(4)} … ${ours.at(-1).toFixed(4)}, difference at most ${difference.toExponential(1)}`,
  );
  return { updates: ours.length, first: ours[0], last: ours.at(-1), largestDifference: difference };
}

/** Passes that take at least so long together. */
async function passesFor(worker, milliseconds) {
  const passes = [];
  const end = performance.now() + milliseconds;
  do passes.push(await worker.pass());
  while (performance.now() < end);
  return passes;
}

/**
 * One or more passes. Of several the first does not count: after the turns of the others, the caches hold nothing of this contender, as is
 * not so in the midst of long work.
 */
async function takeTurn(worker) {
  const passes = await passesFor(worker, TURN_MS);
  return passes.length > 1 ? passes.slice(1) : passes;
}

/** Measures all contenders of one job, turn by turn. */
async function measure(job) {
  const onnx = join(inputs.folder, `${job.size}.onnx`);
  if (job.work === 'inference' && job.precision === 'int8' && !existsSync(onnx)) {
    const request = { model: job.size === '22m' ? model : null, labels: 3, out: onnx };
    const script = fileURLToPath(new URL('workers/export_onnx.py', import.meta.url));
    execFileSync(python, [script, JSON.stringify(request)], { stdio: ['ignore', 'ignore', 'pipe'] });
  }
  const runs = [];
  try {
    for (const contender of contenders(job, { python, modules })) {
      const request = {
        ...job,
        ...contender.job,
        batching: contender.batching,
        model: job.size === '22m' ? model : null,
        inputs: inputs.file,
        dropout: true,
        threads,
        onnx,
        modules,
      };
      const worker = await Worker.start(contender.command, request);
      await passesFor(worker, WARM_UP_MS);
      runs.push({ contender, worker, passes: [] });
    }
    for (let round = 0; round < rounds; round++) {
      for (let turn = 0; turn < runs.length; turn++) {
        const run = runs[(turn + round) % runs.length];
        run.passes.push(...(await takeTurn(run.worker)));
      }
    }
  } finally {
    await Promise.all(runs.map(({ worker }) => worker.stop()));
  }
  return runs.map(({ contender, worker, passes }) => {
    const clock = passes.map(({ milliseconds }) => milliseconds);
    const processor = passes.map(({ processorMilliseconds }) => processorMilliseconds);
    const perSecond = (milliseconds) => (1000 * inputs.tokens) / milliseconds;
    return {
      ...job,
      precision: contender.precision ?? job.precision,
      system: contender.system,
      version: worker.about.version,
      batching: contender.batching,
      tokensPerSecond: perSecond(median(clock)),
      tokensPerSecondBest: perSecond(Math.min(...clock)),
      processorMsPerBatch: median(processor) / Number(options.batches),
      processorMsPerBatchLeast: Math.min(...processor) / Number(options.batches),
      peakMemoryMB: Math.max(...passes.map(({ peakMemoryMB }) => peakMemoryMB)),
    };
  });
}

try {
  const lossCurves = await compareLosses();
  const rows = [];
  for (const work of works) {
    for (const size of sizes) {
      for (const precision of precisions) {
        if (precision === 'int8' && work !== 'inference') continue;
        say(`${work}, ${size}, ${precision}: load ${loadavg()[0].toFixed(1)}`);
        rows.push(...(await measure({ work, size, precision })));
      }
    }
  }
  const machine = {
    processor: cpus()[0].model,
    features: features(),
    threads,
    memoryGB: Math.round(totalmem() / 1e9),
    node: process.version,
    backend,
    load: loadavg()[0],
    date: new Date().toISOString().slice(0, 10),
  };
  const { headlines, tokens } = inputs;
  const result = { machine, headlines, tokens, batches: Number(options.batches), rounds, lossCurves, rows };
  const table = formatTable(result);
  if (options.json) console.log(JSON.stringify(result, null, 2));
  else console.log(table);
  if (options.write) writeFileSync(page, replaceTable(readFileSync(page, 'utf8'), machine, table));
} finally {
  rmSync(inputs.folder, { recursive: true, force: true });
}

/** Vector and tile units that the processor has. */
function features() {
  const flags = new Set(
    readFileSync('/proc/cpuinfo', 'utf8')
      .match(/^flags\s*:.*$/m)?.[0]
      .split(' '),
  );
  return ['avx2', 'avx512f', 'avx512_bf16', 'amx_bf16'].filter((flag) => flags.has(flag));
}
