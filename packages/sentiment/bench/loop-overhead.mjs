// What the training loop of @fin/train costs beside the work that it drives: LoRA steps (r = 8 on query and value) of the
// encoder all-MiniLM-L6-v2 (22.7 M parameters) on batches of 32 real headlines with the fused ops of @fin/kernels, by `fit`
// (with its log and events) and by a bare loop of forward, backward and AdamW. The same batches in turn; of each step the
// median of all rounds counts. On a busy machine the difference of the two is lost in the noise, so the loop's own part is timed
// as well: all that lies between the end of one optimizer step and the next call of the loss, the making of batches apart. Then
// what a checkpoint costs.
//   node bench/loop-overhead.mjs [rounds] [steps]
// Model and headlines are looked for under FIN_SHARED_DIR, or in the folder shared beside the workspace.
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { loadKaggle, sentimentLabels } from '@fin/data';
import { crossEntropy, loadBert } from '@fin/finbert-lora';
import { getPeftModel } from '@fin/finbert-lora/lora';
import { packSequences } from '@fin/finbert-lora/tokenizer';
import { loadKernels } from '@fin/kernels';
import { loadTensorFlow, randomStreams } from '@fin/runtime';
import { sharedPath } from '@fin/testkit';
import { AdamW, decayGroups, fit } from '@fin/train';
import * as tf from '@tensorflow/tfjs-core';

const rounds = Number(process.argv[2] ?? 5);
const steps = Number(process.argv[3] ?? 10);
const batchSize = 32;
const modelDir = sharedPath('models', 'all-MiniLM-L6-v2');
const newsDir = sharedPath('data', 'stocknews-djia');
if (modelDir === null || newsDir === null) {
  console.log('skipped: all-MiniLM-L6-v2 or the headlines are not there (FIN_SHARED_DIR)');
  process.exit();
}

const { backend, version } = await loadTensorFlow();
const kernels = await loadKernels();
console.log(`${cpus()[0].model}, ${cpus().length} CPUs, Node ${process.version}, ${backend} ${version}`);
for (const note of kernels.notes) console.log(note);

const random = randomStreams(1);
const { model, tokenizer } = await loadBert(modelDir, {
  labels: sentimentLabels,
  init: random.stream('init'),
});
const peft = getPeftModel(
  model,
  { r: 8, loraAlpha: 16, loraDropout: 0.1, targetModules: ['query', 'value'] },
  { init: random.stream('adapter') },
);
const { headlines } = await loadKaggle({ dir: newsDir });
const sequences = headlines
  .array('text')
  .slice(0, steps * batchSize)
  .map((text) => tokenizer.encode(text));
const labels = Array.from({ length: batchSize }, (_, i) => i % sentimentLabels.length);
const data = {
  size: sequences.length,
  batch: (indices) => packSequences(Array.from(indices, (index) => sequences[index])),
};
const loss = (batch, dropout) => crossEntropy(peft.forward(batch, { training: true, dropout }), labels);

const [bare, looped, gaps] = [[], [], []];
for (let round = 0; round < rounds; round++) {
  const turns = [() => withOptimizer(bareSteps).then((times) => bare.push(times))];
  turns.push(() => withOptimizer(fitSteps).then((times) => looped.push(times)));
  for (const turn of round % 2 ? turns.reverse() : turns) await turn();
}
const [without, by, own] = [bare, looped, gaps].map(typical);
const percent = (part) => `${((100 * part) / without).toFixed(2)} %`;
console.log(`LoRA step, ms, median of ${rounds} rounds, mean of ${steps} batches of ${batchSize} headlines:`);
console.log(`bare ${without.toFixed(1)}, fit ${by.toFixed(1)} (${percent(by - without)})`);
console.log(`the loop itself, timed between the steps: ${own.toFixed(2)}, ${percent(own)}`);

const folder = await mkdtemp(join(tmpdir(), 'fin-bench-'));
const seconds = [];
await withOptimizer((optimizer) =>
  fitSteps(optimizer, {
    checkpoints: { dir: join(folder, 'checkpoints'), every: 1 },
    onEvent: (event) => event.type === 'checkpoint' && seconds.push(event.seconds),
  }),
);
await rm(folder, { recursive: true });
const checkpoint = median(seconds);
console.log(
  `a checkpoint: ${(1000 * checkpoint).toFixed(0)} ms, ${((100 * checkpoint) / 30).toFixed(2)} % of 30 s`,
);

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

/** @param times of each round, the times of its steps @returns mean over the steps, each that of its median round */
function typical(times) {
  const medians = times[0].map((_, step) => median(times.map((round) => round[step])));
  return medians.reduce((total, value) => total + value, 0) / medians.length;
}

async function withOptimizer(train) {
  const optimizer = new AdamW(decayGroups(peft, 0.01), { learningRate: 1e-4 });
  const times = await train(optimizer);
  optimizer.dispose();
  return times;
}

/** @returns milliseconds of each step */
async function bareSteps(optimizer) {
  const variables = [...optimizer.parameters.values()];
  const times = [];
  let last = performance.now();
  for (let step = 0; step < steps; step++) {
    const indices = Int32Array.from({ length: batchSize }, (_, i) => step * batchSize + i);
    const batch = data.batch(indices);
    const dropout = random.stream('dropout').at(step).at(0);
    const { value, grads } = tf.variableGrads(() => loss(batch, dropout), variables);
    optimizer.step(grads);
    tf.dispose([value, grads]);
    await setImmediate(); // tensors are freed in between, as they are in the loop
    const now = performance.now();
    times.push(now - last);
    last = now;
  }
  return times;
}

/** @returns milliseconds of each step, what comes after the last one counted to it */
async function fitSteps(optimizer, more = {}) {
  const [times, own] = [[], []];
  let last = performance.now();
  let idle = last;
  let making = 0;
  optimizer.step = (...given) => {
    AdamW.prototype.step.apply(optimizer, given);
    idle = performance.now();
  };
  const tick = () => {
    const now = performance.now();
    times.push(now - last);
    last = now;
  };
  await fit({
    model: peft,
    optimizer,
    data: {
      size: data.size,
      batch(indices) {
        const start = performance.now();
        const batch = data.batch(indices);
        making += performance.now() - start;
        return batch;
      },
    },
    batchSize,
    epochs: 1,
    random,
    shuffle: false,
    loss(batch, { dropout }) {
      own.push(performance.now() - idle - making);
      making = 0;
      return loss(batch, dropout);
    },
    onEvent: (event) => event.type === 'step' && tick(),
    ...more,
  });
  if (times.length > 0) times[times.length - 1] += performance.now() - last;
  if (!more.checkpoints) gaps.push(own.slice(1)); // before the first step is what happens once in a run
  return times;
}
