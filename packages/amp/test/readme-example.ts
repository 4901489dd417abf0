import { loadTensorFlow, parameter, randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import {
  autocast,
  decideAmpMode,
  formatAmpDecision,
  formatWideningReport,
  GradScaler,
  precisionPolicy,
} from '../src/index.js';

await loadTensorFlow();
console.log(formatAmpDecision(decideAmpMode('bfloat16'))); // the mode on this machine

const random = randomStreams(42);
const x = random.stream('data').normal([64, 32]);
const y = tf.sum(x, 1, true); // [64, 1]: the target
const hidden = parameter('hidden', random.stream('init').normal([32, 16], 0, 0.2));
const out = parameter('out', random.stream('init').normal([16, 1], 0, 0.2));

const policy = precisionPolicy('bf16'); // or 'fp16', 'fp32'
const scaler = new GradScaler({ enabled: policy.needsScaler }); // off with bfloat16, as in torch
const optimizer = tf.train.adam(0.02);

const predict = () => tf.matMul(tf.relu(tf.matMul(x, hidden)), out);
for (let step = 0; step < 200; step++) {
  const { value, grads } = tf.variableGrads(() =>
    scaler.scale(autocast(policy, () => tf.losses.meanSquaredError(y, predict()))),
  );
  scaler.step(optimizer, grads);
  scaler.update();
  if (step % 199 === 0) console.log(`step ${step}: loss ${value.dataSync()[0] > 1 ? 'above' : 'below'} 1`);
  tf.dispose([value, grads]);
}
console.log(formatWideningReport()); // ops computed in float32, and why
tf.dispose([x, y, hidden, out]);
optimizer.dispose();
