// The encoder op of @fin/kernels beside the same layers op by op (TensorFlow's products, fused GELU, norms and attention), turn by turn
// in the same run, on batches of 32 real headlines: inference, fresh weights, stored in bfloat16 or float32. Milliseconds by the clock
// and by processor time, least (median); GFLOP/s of the linear layers, from the least by the clock.
//   node bench/encoder-op.mjs [rounds] [unit, such as amx or vectors] [instruction set, such as avx2]
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { autocast, precisionPolicy, toLowPrecision } from '@fin/amp';
import { loadKernels, planAttention } from '@fin/kernels';
import { loadTensorFlow, randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { BertModel, createConfig } from '../dist/index.js';
import { packSequences } from '../dist/tokenizer/index.js';

const rounds = Number(process.argv[2] ?? 9);
const BATCHES = 3;
const BATCH_SIZE = 32;
const lengths = JSON.parse(readFileSync(new URL('fixtures/headline-lengths.json', import.meta.url), 'utf8'));
const batches = Array.from({ length: BATCHES }, (_, i) =>
  packSequences(
    lengths.slice(i * BATCH_SIZE, (i + 1) * BATCH_SIZE).map((length) => new Int32Array(length).fill(1000)),
  ),
);

await loadTensorFlow({ backend: 'tensorflow' });
const { notes } = await loadKernels();
for (const note of notes) console.log(note);
const key = Object.getOwnPropertySymbols(globalThis).find((symbol) =>
  Symbol.keyFor(symbol)?.startsWith('@fin/kernels/state/'),
);
const { addon } = globalThis[key];
if (!addon?.chooseEncoder(process.argv[3] ?? '') || !addon.choose(process.argv[4] ?? '', 0)) {
  throw new Error(`there is no such unit here: ${addon?.encoderUnits()}, ${addon?.instructionSets()}`);
}
const { instructionSet, encoderUnit, threads } = addon.describe();
console.log(
  `${cpus()[0].model}, ${instructionSet}, bfloat16 by ${encoderUnit}, ${threads} threads, load ${loadavg()[0].toFixed(1)}`,
);
console.log(
  '| layers × hidden | precision | encoder op | GFLOP/s | op by op | speed, least (median) | processor time, op | op by op |',
);
console.log('| --- | --- | --- | --- | --- | --- | --- | --- |');
for (const [numHiddenLayers, hiddenSize] of [
  [6, 384],
  [12, 768],
]) {
  for (const precision of ['bf16', 'fp32']) {
    const config = createConfig({
      numHiddenLayers,
      hiddenSize,
      intermediateSize: 4 * hiddenSize,
      numAttentionHeads: 12,
    });
    const model = new BertModel(config, { init: randomStreams(1).stream('init') });
    for (const variable of model.namedParameters().values()) variable.trainable = false;
    if (precision === 'bf16') toLowPrecision(model);
    const policy = precisionPolicy(precision);
    const mode = { training: false, dropoutStream: null };
    const contenders = [
      (batch) => model.forward(batch).lastHiddenState,
      (batch) => {
        const plan = planAttention(batch.offsets, { heads: 12, hidden: hiddenSize });
        const ids = (array) => tf.tensor1d(array, 'int32');
        const tokens = {
          inputIds: ids(batch.inputIds),
          positionIds: ids(batch.positionIds),
          tokenTypeIds: ids(batch.tokenTypeIds),
        };
        const embedded = model.embeddings.forward(tokens, mode);
        return model.layers.reduce((x, layer) => layer.forward(x, plan, mode), embedded);
      },
    ];
    const clock = contenders.map(() => []);
    const processor = contenders.map(() => []);
    for (let round = -1; round < rounds; round++) {
      for (const batch of batches) {
        for (const [i, run] of contenders.entries()) {
          const before = process.cpuUsage();
          const start = performance.now();
          tf.tidy(() => void autocast(policy, () => run(batch)));
          const time = performance.now() - start;
          const { user, system } = process.cpuUsage(before);
          if (round < 0) continue;
          clock[i].push(time);
          processor[i].push((user + system) / 1000);
        }
      }
    }
    const sorted = (all) => all.map((times) => times.sort((a, b) => a - b));
    const [[op, parts], [opCpu, partsCpu]] = [sorted(clock), sorted(processor)];
    const median = (all) => all[all.length >> 1];
    const show = (all) => `${all[0].toFixed(1)} (${median(all).toFixed(1)})`;
    const least = batches.reduce((a, b) => (a.inputIds.length < b.inputIds.length ? a : b)).inputIds.length;
    const flops = 2 * least * numHiddenLayers * 12 * hiddenSize ** 2;
    const columns = [
      `${numHiddenLayers} × ${hiddenSize}`,
      precision,
      show(op),
      (flops / op[0] / 1e6).toFixed(0),
      show(parts),
      `${(parts[0] / op[0]).toFixed(2)} (${(median(parts) / median(op)).toFixed(2)})`,
      show(opCpu),
      show(partsCpu),
    ];
    console.log(`| ${columns.join(' | ')} |`);
    model.dispose();
  }
}
