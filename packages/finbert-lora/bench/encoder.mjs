// The encoder of all-MiniLM-L6-v2's shape (22.7 M parameters) on batches of 32 headlines, fresh weights: headlines per second
// of inference, of a training step of the whole model, and of one with everything frozen but queries, values and head;
// packed with the fused ops of @fin/kernels, packed with ordinary ones, and padded as PyTorch pipelines do it. Lengths are a
// sample of 640 real headlines (mean 24.5 tokens, cut at 64).
//   node bench/encoder.mjs [rounds] [batches]
// The peer, in the same run: python bench/encoder_torch.py [rounds] [batches]
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { loadKernels } from '@fin/kernels';
import { loadTensorFlow, randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { BertForSequenceClassification, createConfig, crossEntropy } from '../dist/index.js';
import { packSequences, padSequences } from '../dist/tokenizer/index.js';

const rounds = Number(process.argv[2] ?? 3);
const limit = Number(process.argv[3] ?? 20); // batches
const batchSize = 32;
const lengths = JSON.parse(readFileSync(new URL('fixtures/headline-lengths.json', import.meta.url), 'utf8'));
const config = createConfig({
  hiddenSize: 384,
  numHiddenLayers: 6,
  numAttentionHeads: 12,
  intermediateSize: 1536,
  id2label: ['positive', 'negative', 'neutral'],
});
const { backend, version } = await loadTensorFlow();
const { available, notes } = await loadKernels();
console.log(`${cpus()[0].model}, ${cpus().length} CPUs, Node ${process.version}, ${backend} ${version}`);
for (const note of notes) console.log(note);

const batches = [];
for (let i = 0; i < limit * batchSize; i += batchSize) {
  const sequences = lengths
    .slice(i, i + batchSize)
    .map((length, j) =>
      Int32Array.from({ length }, (_, k) => 1000 + ((i * 131 + j * 17 + k * 7919) % 20000)),
    );
  batches.push({ packed: packSequences(sequences), padded: padSequences(sequences, 0) });
}
const labels = Array.from({ length: batchSize }, (_, i) => i % 3);
const model = new BertForSequenceClassification(config, { init: randomStreams(1).stream('init') });
const dropout = randomStreams(1).stream('dropout');

const forward = (batch, kind, options) =>
  kind === 'packed' ? model.forward(batch.packed, options) : model.forwardPadded(batch.padded, options);
const infer = (batch, kind) => tf.tidy(() => void forward(batch, kind).dataSync());
const train = (batch, kind) => {
  const { value, grads } = tf.variableGrads(() =>
    crossEntropy(forward(batch, kind, { training: true, dropout }), labels),
  );
  value.dataSync();
  tf.dispose([value, grads]);
};
const freeze = (stays) => {
  for (const [path, variable] of model.namedParameters()) variable.trainable = stays.test(path);
};

for (const [what, stays, step] of [
  ['inference', /./, infer],
  ['training, whole', /./, train],
  ['training, query + value + head', /self\.(query|value)|classifier/, train],
]) {
  freeze(stays);
  for (const [kind, fused] of [
    ['packed', true],
    ['packed', false],
    ['padded', false],
  ]) {
    if (fused && !available) continue;
    process.env.FIN_KERNELS = fused ? '1' : '0';
    step(batches[0], kind);
    // The best of the rounds for each batch: other work on the machine comes and goes.
    const best = batches.map(() => Number.POSITIVE_INFINITY);
    for (let round = 0; round < rounds; round++) {
      for (const [i, batch] of batches.entries()) {
        const start = performance.now();
        step(batch, kind);
        best[i] = Math.min(best[i], performance.now() - start);
      }
    }
    const total = best.reduce((sum, time) => sum + time, 0);
    console.log(
      `${what}, ${kind}${fused ? ', fused ops' : ''}: ${((1000 * batches.length * batchSize) / total).toFixed(1)} headlines/s, ${(total / batches.length).toFixed(0)} ms per batch`,
    );
  }
}
