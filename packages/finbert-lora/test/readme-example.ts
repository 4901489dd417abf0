import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadTensorFlow, randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { BertForSequenceClassification, createConfig, crossEntropy } from '../src/index.js';
import { getPeftModel, PeftModel } from '../src/lora/index.js';
import { BertTokenizer, buildVocabulary } from '../src/tokenizer/index.js';

await loadTensorFlow();
const headlines = ['Stocks rally on strong jobs data', 'Oil slips', 'Banks fall as defaults rise'];
const labels = [0, 1, 1]; // indexes of id2label

const tokenizer = BertTokenizer.fromVocab(buildVocabulary(headlines, { size: 200, minFrequency: 1 }));
const config = createConfig({
  vocabSize: tokenizer.vocabSize,
  hiddenSize: 32,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
  intermediateSize: 64,
  id2label: ['positive', 'negative'],
});
const newModel = () => new BertForSequenceClassification(config, { init: randomStreams(42).stream('init') });

// Freeze the model and train LoRA adapters on it.
const streams = randomStreams(7);
const peft = getPeftModel(newModel(), { r: 4, loraAlpha: 8 }, { init: streams.stream('lora') });
peft.printTrainableParameters();
const batch = tokenizer.encodeBatch(headlines, { maxLength: 64 }); // one sequence after the other, no padding
for (let step = 0; step < 3; step++) {
  const dropout = streams.stream('dropout').at(step);
  const { value, grads } = tf.variableGrads(() =>
    crossEntropy(peft.forward(batch, { training: true, dropout }), labels),
  );
  tf.tidy(() => {
    for (const weight of peft.namedParameters().values()) {
      if (weight.trainable) weight.assign(tf.sub(weight, tf.mul(grads[weight.name], 0.1)));
    }
  });
  console.log(`step ${step}: ${batch.inputIds.length} tokens, loss below 1: ${value.dataSync()[0] < 1}`);
  tf.dispose([value, grads]);
}

// Save the adapter as PEFT does, and load it on the same base model.
const dir = await mkdtemp(join(tmpdir(), 'adapter-'));
await peft.savePretrained(dir);
peft.dispose();
const model = (await PeftModel.fromPretrained(newModel(), dir)).mergeAndUnload();
tf.tidy(() => console.log(tf.softmax(model.forward(batch)).shape)); // one row per headline, in their order
model.dispose();
