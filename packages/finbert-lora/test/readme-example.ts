import { loadTensorFlow, randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import {
  BertForSequenceClassification,
  BertTokenizer,
  buildVocabulary,
  createConfig,
  crossEntropy,
} from '../src/index.js';

await loadTensorFlow();
const headlines = ['Stocks rally on strong jobs data', 'Oil slips', 'Banks fall as defaults rise'];
const labels = [0, 1, 1]; // numbers of id2label's classes

const tokenizer = BertTokenizer.fromVocab(buildVocabulary(headlines, { size: 200, minFrequency: 1 }));
const config = createConfig({
  vocabSize: tokenizer.vocabSize,
  hiddenSize: 32,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  intermediateSize: 64,
  id2label: ['positive', 'negative'],
});
const streams = randomStreams(42);
const model = new BertForSequenceClassification(config, { init: streams.stream('init') });

const batch = tokenizer.encodeBatch(headlines, { maxLength: 64 }); // laid end to end, no padding
for (let step = 0; step < 3; step++) {
  const dropout = streams.stream('dropout').at(step);
  const { value, grads } = tf.variableGrads(() =>
    crossEntropy(model.forward(batch, { training: true, dropout }), labels),
  );
  tf.tidy(() => {
    for (const weight of model.namedParameters().values()) {
      weight.assign(tf.sub(weight, tf.mul(grads[weight.name], 0.1)));
    }
  });
  console.log(`step ${step}: ${batch.inputIds.length} tokens, loss below 1: ${value.dataSync()[0] < 1}`);
  tf.dispose([value, grads]);
}
tf.tidy(() => console.log(tf.softmax(model.forward(batch)).shape)); // one row per headline, in their order
model.dispose();
