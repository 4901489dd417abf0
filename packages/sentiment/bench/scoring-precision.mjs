// Scoring of real headlines in float32, bfloat16 and int8, in turns in one process: milliseconds of processor time for all headlines, least
// (median), memory of the weights, and how many headlines get the label that they get in float32.
//   node bench/scoring-precision.mjs MODEL [headlines] [rounds]
// MODEL is the folder of a sentiment model, or of an adapter that `fin finetune` wrote. The headlines are looked for under FIN_SHARED_DIR, or in
// the folder shared beside the workspace. The texts are tokenized before.
import { cpus, loadavg } from 'node:os';
import { loadKaggle } from '@fin/data';
import { loadKernels } from '@fin/kernels';
import { loadTensorFlow } from '@fin/runtime';
import { sharedPath } from '@fin/testkit';
import { openClassifier, scoreTexts } from '../dist/index.js';

const [dir, count = '512', rounds = '7'] = process.argv.slice(2);
const newsDir = sharedPath('data', 'stocknews-djia');
if (dir === undefined || newsDir === null) {
  console.log('skipped: name the folder of a sentiment model; the headlines must be there (FIN_SHARED_DIR)');
  process.exit();
}
const { backend, version } = await loadTensorFlow();
const { encoderUnit, int8Unit, notes } = await loadKernels();
console.log(`${cpus()[0].model}, ${cpus().length} CPUs, Node ${process.version}, ${backend} ${version}`);
console.log(`bfloat16 by ${encoderUnit}, int8 by ${int8Unit}, load ${loadavg()[0].toFixed(1)}`);
for (const note of notes) console.log(note);

const { headlines } = await loadKaggle({ dir: newsDir });
const texts = headlines.array('text').slice(0, Number(count));
const ways = await Promise.all(
  ['fp32', 'bf16', 'int8'].map(async (precision) => ({
    precision,
    times: [],
    labels: [],
    ...(await openClassifier(dir, { precision })),
  })),
);
const sequences = texts.map((text) => ways[0].tokenizer.encode(text, { maxLength: 128 }));

for (let round = -1; round < Number(rounds); round++) {
  for (const way of round % 2 === 0 ? ways : ways.toReversed()) {
    const before = process.cpuUsage();
    for await (const { indices, scores } of scoreTexts(way.classifier, sequences, {
      tokensPerBatch: 2048,
      columns: way.columns,
    })) {
      for (const [row, index] of indices.entries()) {
        way.labels[index] = scores[row].indexOf(Math.max(...scores[row]));
      }
    }
    const { user, system } = process.cpuUsage(before);
    if (round >= 0) way.times.push((user + system) / 1000);
  }
}
const tokens = sequences.reduce((sum, { length }) => sum + length, 0);
console.log(`${texts.length} headlines, ${tokens} tokens, ${rounds} rounds`);
for (const { precision, times, labels, weightBytes, dispose } of ways) {
  times.sort((a, b) => a - b);
  const same = labels.filter((label, i) => label === ways[0].labels[i]).length;
  const [least, median] = [times[0], times[times.length >> 1]].map((time) => time.toFixed(0));
  console.log(
    `${precision}: ${least} (${median}) ms, ${(weightBytes / 1e6).toFixed(1)} MB, ${same} of ${texts.length} labels as in float32`,
  );
  dispose();
}
console.log(`load ${loadavg()[0].toFixed(1)} at the end`);
