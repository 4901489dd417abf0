import { loadTensorFlow, parameter, randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { autocast, decideAmpMode, formatAmpDecision, GradScaler, precisionPolicy } from '../src/index.js';

await loadTensorFlow();
console.log(formatAmpDecision(decideAmpMode('bfloat16'))); // the mode on this machine

const random = randomStreams(42);
const x = random.stream('data').normal([64, 32]);
const y = tf.sum(x, 1, true); // [64, 1]: the target
const weight = parameter('weight', random.stream('init').normal([32, 1], 0, 0.2));

const policy = precisionPolicy('bf16'); // or 'fp16', 'fp32'
const scaler = new GradScaler({ enabled: policy.needsScaler }); // off with bfloat16, as in torch
const optimizer = tf.train.adam(0.02);
for (let step = 0; step < 200; step++) {
  const { value, grads } = tf.variableGrads(() =>
    scaler.scale(autocast(policy, () => tf.losses.meanSquaredError(y, tf.matMul(x, weight)))),
  );
  scaler.step(optimizer, grads);
  scaler.update();
  if (step % 199 === 0) console.log(`step ${step}: loss ${value.dataSync()[0] > 1 ? 'above' : 'below'} 1`);
  tf.dispose([value, grads]);
}
tf.dispose([x, y, weight]);
optimizer.dispose();
