// A training step (forward, backward, AdamW; all dropout rates 0.1) of LoRA (r = 8 on query and value) in all 6 layers of 384, in the
// top 2, and in the top 2 with the layers below from a cache, in turns in the same run, on batches of 32 real headlines, fresh weights.
// Milliseconds by the clock and by processor time: least (median).
//   node bench/frozen-layers.mjs [rounds] [precision]
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { autocast, precisionPolicy, toLowPrecision } from '@fin/amp';
import {
  BertForSequenceClassification,
  createConfig,
  crossEntropy,
  FrozenLayerCache,
} from '@fin/finbert-lora';
import { getPeftModel } from '@fin/finbert-lora/lora';
import { packSequences } from '@fin/finbert-lora/tokenizer';
import { loadKernels } from '@fin/kernels';
import { loadTensorFlow, randomStreams } from '@fin/runtime';
import { AdamW, decayGroups } from '@fin/train';
import * as tf from '@tensorflow/tfjs-core';

const rounds = Number(process.argv[2] ?? 20);
const precision = process.argv[3] ?? 'bf16';
const BATCHES = 3;
const BATCH_SIZE = 32;
const lengths = JSON.parse(
  readFileSync(new URL('../../finbert-lora/bench/fixtures/headline-lengths.json', import.meta.url), 'utf8'),
);
const batches = Array.from({ length: BATCHES }, (_, i) =>
  packSequences(
    lengths
      .slice(i * BATCH_SIZE, (i + 1) * BATCH_SIZE)
      .map((length, text) =>
        Int32Array.from({ length }, (_, at) => 1000 + ((i * BATCH_SIZE + text + at) % 20000)),
      ),
  ),
);
const labels = Array.from({ length: BATCH_SIZE }, (_, i) => i % 3);

await loadTensorFlow({ backend: 'tensorflow' });
const { instructionSet, encoderUnit, threads, notes } = await loadKernels();
for (const note of notes) console.log(note);
console.log(
  `${cpus()[0].model}, ${instructionSet}, bfloat16 by ${encoderUnit}, ${threads} threads, load ${loadavg()[0].toFixed(1)}, ${precision}, tokens ${batches.map(({ inputIds }) => inputIds.length)}`,
);
const policy = precisionPolicy(precision);

function contender(name, layersToTransform, cached) {
  const init = randomStreams(1).stream('init');
  const config = createConfig({
    numHiddenLayers: 6,
    hiddenSize: 384,
    intermediateSize: 1536,
    numAttentionHeads: 12,
    id2label: ['positive', 'negative', 'neutral'],
  });
  const model = new BertForSequenceClassification(config, { init });
  const adapters = { r: 8, loraAlpha: 16, loraDropout: 0.1, layersToTransform };
  const peft = getPeftModel(model, adapters, { init });
  if (policy.enabled) toLowPrecision(peft, { dtype: policy.dtype });
  const optimizer = new AdamW(decayGroups(peft, 0.01), { learningRate: 1e-4 });
  const cache = cached ? new FrozenLayerCache(model.bert) : null;
  return { name, peft, optimizer, cache, clock: [], processor: [] };
}

function step({ peft, optimizer, cache }, batch, dropout) {
  const { value, grads } = tf.variableGrads(() =>
    autocast(policy, () => {
      const lower = cache ? { lower: cache.lower(batch) } : {};
      return crossEntropy(peft.forward(batch, { training: true, dropout, ...lower }), labels);
    }),
  );
  optimizer.step(grads);
  value.dataSync();
  tf.dispose([value, grads]);
}

const contenders = [
  contender('all 6 layers', null, false),
  contender('top 2', [4, 5], false),
  contender('top 2, cache', [4, 5], true),
];
for (let round = -1; round < rounds; round++) {
  for (const [b, batch] of batches.entries()) {
    for (const one of contenders) {
      const dropout = randomStreams(3)
        .stream('dropout')
        .at((round + 1) * BATCHES + b);
      const before = process.cpuUsage();
      const start = performance.now();
      step(one, batch, dropout);
      const time = performance.now() - start;
      const { user, system } = process.cpuUsage(before);
      if (round < 0) continue;
      one.clock.push(time);
      one.processor.push((user + system) / 1000);
    }
  }
}
const show = (all) => {
  all.sort((a, b) => a - b);
  return `${all[0].toFixed(1)} (${all[all.length >> 1].toFixed(1)})`;
};
console.log('| adapters in | by the clock | processor time |');
console.log('| --- | --- | --- |');
for (const { name, clock, processor } of contenders)
  console.log(`| ${name} | ${show(clock)} | ${show(processor)} |`);
