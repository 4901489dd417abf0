// A training step (forward, backward, AdamW; all dropout rates 0.1), of LoRA (r = 8 on query and value) or of all parameters, with the
// encoder op of @fin/kernels beside the same layers op by op, turn by turn in the same run, on batches of 32 real headlines, fresh weights.
// Milliseconds by the clock and by processor time: least (median). Outside ops is the clock's time less that in native ops, with the encoder
// op: JavaScript of the step, and the number of the ops.
//   node bench/training-step.mjs [rounds] [layers x hidden:precision[:full] ...]      such as 9 6x384:bf16 6x384:fp32:full
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { autocast, precisionPolicy, toLowPrecision } from '@fin/amp';
import { BertForSequenceClassification, createConfig, crossEntropy } from '@fin/finbert-lora';
import { getPeftModel } from '@fin/finbert-lora/lora';
import { packSequences } from '@fin/finbert-lora/tokenizer';
import { loadKernels } from '@fin/kernels';
import { installInterceptor, loadTensorFlow, randomStreams } from '@fin/runtime';
import { AdamW, decayGroups } from '@fin/train';
import * as tf from '@tensorflow/tfjs-core';

const rounds = Number(process.argv[2] ?? 9);
const cases =
  process.argv.length > 3
    ? process.argv.slice(3)
    : ['6x384:bf16', '6x384:fp32', '12x768:bf16', '6x384:bf16:full'];
const BATCHES = 3;
const BATCH_SIZE = 32;
const lengths = JSON.parse(
  readFileSync(new URL('../../finbert-lora/bench/fixtures/headline-lengths.json', import.meta.url), 'utf8'),
);
const batches = Array.from({ length: BATCHES }, (_, i) =>
  packSequences(
    lengths.slice(i * BATCH_SIZE, (i + 1) * BATCH_SIZE).map((length) => new Int32Array(length).fill(1000)),
  ),
);
const labels = Array.from({ length: BATCH_SIZE }, (_, i) => i % 3);

await loadTensorFlow({ backend: 'tensorflow' });
const { instructionSet, encoderUnit, threads, notes } = await loadKernels();
for (const note of notes) console.log(note);
console.log(
  `${cpus()[0].model}, ${instructionSet}, bfloat16 by ${encoderUnit}, ${threads} threads, load ${loadavg()[0].toFixed(1)}, tokens ${batches.map(({ inputIds }) => inputIds.length)}`,
);
console.log(
  '| layers × hidden | trained | precision | encoder op | op by op | speed, least (median) | processor time, op | op by op | outside ops | ops |',
);
console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |');

const native = { time: 0, calls: 0 };
installInterceptor(
  'time in native ops',
  (call, next) => {
    const start = performance.now();
    const outputs = next(call);
    native.time += performance.now() - start;
    native.calls++;
    return outputs;
  },
  { innermost: true },
);

function makeModel(numHiddenLayers, hiddenSize, precision, full, byOp) {
  const init = randomStreams(1).stream('init');
  const config = createConfig({
    numHiddenLayers,
    hiddenSize,
    intermediateSize: 4 * hiddenSize,
    numAttentionHeads: 12,
    id2label: ['positive', 'negative', 'neutral'],
  });
  const model = new BertForSequenceClassification(config, { init });
  const adapters = { r: 8, loraAlpha: 16, loraDropout: 0.1, targetModules: ['query', 'value'] };
  const trained = full ? model : getPeftModel(model, adapters, { init });
  if (precision === 'bf16') toLowPrecision(trained);
  if (!byOp) for (const layer of model.bert.layers) layer.fitsEncoderOp = () => false;
  return { trained, optimizer: new AdamW(decayGroups(trained, 0.01), { learningRate: 1e-4 }) };
}

function step({ trained, optimizer }, policy, batch, dropout) {
  const { value, grads } = tf.variableGrads(() =>
    autocast(policy, () => crossEntropy(trained.forward(batch, { training: true, dropout }), labels)),
  );
  optimizer.step(grads);
  value.dataSync();
  tf.dispose([value, grads]);
}

const median = (all) => all[all.length >> 1];
for (const one of cases) {
  const [shape, precision, kind = 'lora'] = one.split(':');
  const [layers, hidden] = shape.split('x').map(Number);
  const policy = precisionPolicy(precision);
  const contenders = [true, false].map((byOp) => makeModel(layers, hidden, precision, kind === 'full', byOp));
  const clock = [[], []];
  const processor = [[], []];
  const outside = [];
  let calls = 0;
  for (let round = -1; round < rounds; round++) {
    for (const [b, batch] of batches.entries()) {
      for (const [i, contender] of contenders.entries()) {
        const dropout = randomStreams(3)
          .stream('dropout')
          .at((round + 1) * BATCHES + b);
        Object.assign(native, { time: 0, calls: 0 });
        const before = process.cpuUsage();
        const start = performance.now();
        step(contender, policy, batch, dropout);
        const time = performance.now() - start;
        const { user, system } = process.cpuUsage(before);
        if (round < 0) continue;
        clock[i].push(time);
        processor[i].push((user + system) / 1000);
        if (i > 0) continue;
        outside.push(time - native.time);
        calls = native.calls;
      }
    }
  }
  for (const all of [...clock, ...processor, outside]) all.sort((a, b) => a - b);
  const show = (all) => `${all[0].toFixed(0)} (${median(all).toFixed(0)})`;
  const speed = (of) => (of(clock[1]) / of(clock[0])).toFixed(2);
  const columns = [
    `${layers} × ${hidden}`,
    kind === 'full' ? 'all parameters' : 'LoRA',
    precision,
    show(clock[0]),
    show(clock[1]),
    `${speed((all) => all[0])} (${speed(median)})`,
    show(processor[0]),
    show(processor[1]),
    `${outside[0].toFixed(1)} (${median(outside).toFixed(1)})`,
    calls,
  ];
  console.log(`| ${columns.join(' | ')} |`);
  for (const { trained, optimizer } of contenders) {
    optimizer.dispose?.();
    trained.dispose?.();
  }
}
