// This workspace's side of the comparison with peers. Protocol: see ../worker.mjs.
import { readFileSync } from 'node:fs';
import { autocast, precisionPolicy, toLowPrecision } from '@fin/amp';
import { BertForSequenceClassification, createConfig, crossEntropy, loadBert } from '@fin/finbert-lora';
import { getPeftModel, PeftModel } from '@fin/finbert-lora/lora';
import { packSequences } from '@fin/finbert-lora/tokenizer';
import { clippingFactor, loadKernels } from '@fin/kernels';
import { loadTensorFlow, randomStreams } from '@fin/runtime';
import { AdamW, decayGroups } from '@fin/train';
import * as tf from '@tensorflow/tfjs-core';
import { lowerForInference } from '../../../packages/sentiment/dist/scoring/lower-for-inference.js';
import { LORA } from '../inputs.mjs';
import { serve } from '../serve.mjs';

const { work, precision, model: dir, inputs, dropout, start } = JSON.parse(process.argv[2]);
const { batchSize, labels, headlines } = JSON.parse(readFileSync(inputs, 'utf8'));
const { version } = await loadTensorFlow({ backend: 'tensorflow' });
const kernels = await loadKernels();

const init = randomStreams(1).stream('init');
const still = dropout ? {} : { hiddenDropoutProb: 0, attentionProbsDropoutProb: 0 };
const loaded = dir ? (await loadBert(dir, { labels, init })).model : null;
const model =
  loaded ?? new BertForSequenceClassification(createConfig({ id2label: labels, ...still }), { init });
const trained =
  work !== 'lora'
    ? model
    : start
      ? await PeftModel.fromPretrained(model, start, { isTrainable: true })
      : getPeftModel(model, LORA, { init });

const batches = [];
for (let at = 0; at < headlines.length; at += batchSize) {
  const part = headlines.slice(at, at + batchSize);
  batches.push({
    tokens: packSequences(part.map(({ ids }) => Int32Array.from(ids))),
    labels: part.map(({ label }) => label),
  });
}

/** Scores as `fin sentiment` does. */
function inference() {
  const classifier = lowerForInference(trained, precision);
  return ({ tokens }) => {
    const logits = tf.tidy(() => classifier.forward(tokens));
    logits.dataSync();
    logits.dispose();
    return null;
  };
}

function training() {
  const policy = precisionPolicy(precision);
  if (work === 'lora' && policy.enabled) toLowPrecision(trained, { dtype: policy.dtype });
  const optimizer = new AdamW(decayGroups(trained, 0.01), { learningRate: work === 'full' ? 2e-5 : 1e-3 });
  const noise = randomStreams(2).stream('dropout');
  let steps = 0;
  return ({ tokens, labels: classes }) => {
    const mode = dropout ? { training: true, dropout: noise.at(steps++) } : {};
    const { value, grads } = tf.variableGrads(() =>
      autocast(policy, () => crossEntropy(trained.forward(tokens, mode), classes)),
    );
    const { factor, norm } = clippingFactor(Object.values(grads), 1); // as `fit` clips
    optimizer.step(grads, undefined, factor);
    const [loss] = value.dataSync();
    tf.dispose([value, grads, factor, norm]);
    return loss;
  };
}

const pass = work === 'inference' ? inference() : training();
serve({ system: 'fin', version: `TensorFlow ${version}${kernels.available ? ', fused ops' : ''}` }, () =>
  batches.map(pass),
);
