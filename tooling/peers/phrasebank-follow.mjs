/**
 * Goes the way that `phrasebank_peft.py --trace` left: the same initial adapter and head, the same sentences in each batch, the
 * same schedule, through the parts that `fin finetune` is made of. Without dropout (`--no-dropout` there) both ways are one, until
 * float32 rounding, and what Adam makes of it, has grown; with dropout, the masks differ.
 *
 * Run: node tooling/peers/phrasebank-follow.mjs TRACE splits.json MODEL [--seed 1]
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { crossEntropy, loadBert } from '../../packages/finbert-lora/dist/index.js';
import { PeftModel } from '../../packages/finbert-lora/dist/lora/index.js';
import { loadKernels } from '../../packages/kernels/dist/index.js';
import { loadTensorFlow, randomStreams } from '../../packages/runtime/dist/index.js';
import { classWeights } from '../../packages/sentiment/dist/tuning/class-weights.js';
import { evaluateClassifier } from '../../packages/sentiment/dist/tuning/evaluate-classifier.js';
import { layerRateGroups } from '../../packages/sentiment/dist/tuning/layer-rate-groups.js';
import { sentenceBatches, sentenceSet } from '../../packages/sentiment/dist/tuning/sentence-set.js';
import { AdamW, fit, linearSchedule } from '../../packages/train/dist/index.js';

const LABELS = ['positive', 'negative', 'neutral']; // the order of phrasebank_peft.py

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: '1' } },
});
const [traceDir, splitsFile, modelDir] = positionals;
const trace = JSON.parse(await readFile(join(traceDir, 'trace.json'), 'utf8'));
const splits = JSON.parse(await readFile(splitsFile, 'utf8'));
const { options: recipe } = trace;

await loadTensorFlow();
await loadKernels();
const random = randomStreams(Number(values.seed));
const { model: bert, tokenizer } = await loadBert(modelDir, { labels: LABELS, init: random.stream('init') });
const model = await PeftModel.fromPretrained(bert, join(traceDir, 'start'), { isTrainable: true });
const part = (name) =>
  sentenceSet(splits[name], tokenizer, { maxLength: recipe.max_length, columns: [0, 1, 2] });
const [train, validation, test] = ['train', 'validation', 'test'].map(part);
const weights = classWeights(train.labels, LABELS.length);
const measure = async (set) => {
  const { loss, report } = await evaluateClassifier(model, set, { labels: LABELS, weights });
  return { loss, accuracy: report.accuracy, macroF1: report.macroF1 };
};

const batches = sentenceBatches(train);
const stepsPerEpoch = Math.ceil(batches.size / recipe.batch_size);
const theirs = (_, { step }) => {
  const begin = (step % stepsPerEpoch) * recipe.batch_size;
  return batches.batch(
    trace.orders[Math.floor(step / stepsPerEpoch)].slice(begin, begin + recipe.batch_size),
  );
};
const { learning_rate: learningRate, weight_decay: weightDecay } = recipe;
const groups = layerRateGroups(model, bert.config.numHiddenLayers, {
  learningRate,
  layerDecay: 1,
  weightDecay,
});
const ours = { losses: [], gradNorms: [] };
await fit({
  model,
  optimizer: new AdamW(groups, { learningRate }),
  data: { size: batches.size, batch: theirs },
  batchSize: recipe.batch_size,
  epochs: recipe.epochs,
  random,
  shuffle: false,
  maxGradNorm: 1,
  logEvery: 1,
  schedule: ({ totalSteps }) =>
    linearSchedule({ totalSteps, warmupSteps: Math.round(recipe.warmup_share * totalSteps) }),
  loss: (batch, { dropout }) =>
    crossEntropy(
      model.forward(batch.tokens, recipe.no_dropout ? {} : { training: true, dropout }),
      batch.labels,
      { classWeights: weights },
    ),
  evaluate: () => measure(validation),
  earlyStopping: { patience: recipe.patience },
  onEvent: (event) => {
    if (event.type === 'log') {
      ours.losses.push(event.loss);
      ours.gradNorms.push(event.gradNorm);
    }
    if (event.type !== 'evaluation') return;
    const epoch = Math.round(event.epoch);
    const apart = (name) => {
      const range = ours[name].slice((epoch - 1) * stepsPerEpoch).map((value, i) => {
        const other = trace[name][(epoch - 1) * stepsPerEpoch + i];
        return Math.abs(value - other) / Math.abs(other);
      });
      return Math.max(...range).toExponential(1);
    };
    const mean = (losses) =>
      losses.slice((epoch - 1) * stepsPerEpoch, epoch * stepsPerEpoch).reduce((a, b) => a + b, 0) /
      stepsPerEpoch;
    console.log(
      JSON.stringify({
        epoch,
        trainLoss: [mean(ours.losses), mean(trace.losses)],
        worstRelativeDifference: { losses: apart('losses'), gradNorms: apart('gradNorms') },
        validation: [event.metrics, trace.validation[epoch - 1]],
      }),
    );
  },
});
console.log(JSON.stringify({ test: [await measure(test), trace.test] }));
