import { loadTensorFlow, randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { crossEntropy, loadBert } from '../src/index.js';
import { getPeftModel } from '../src/lora/index.js';

await loadTensorFlow();
const random = randomStreams(42);
const labels = ['positive', 'negative', 'neutral'];
const { model, tokenizer } = await loadBert('all-MiniLM-L6-v2', { labels, init: random.stream('init') }); // the folder of any BERT
const peft = getPeftModel(model, { r: 8, loraAlpha: 16 }, { init: random.stream('lora') });
const batch = tokenizer.encodeBatch(['Profit rose sharply.', 'Sales fell.', 'The board met.']);
const optimizer = tf.train.adam(5e-3);
for (let step = 0; step < 10; step++) {
  const mode = { training: true, dropout: random.stream('dropout').at(step) };
  const loss = optimizer.minimize(() => crossEntropy(peft.forward(batch, mode), [0, 1, 2]), true);
  console.log(`step ${step}: loss ${loss?.dataSync()[0]}`);
}
await peft.savePretrained('adapter'); // adapter_config.json and adapter_model.safetensors, which PEFT loads as well
