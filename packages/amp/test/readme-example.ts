import { loadTensorFlow, parameter, randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { autocast, decideAmpMode, formatAmpDecision, GradScaler, precisionPolicy } from '../src/index.js';

await loadTensorFlow();
const random = randomStreams(42);
const [x, y] = [random.stream('x').normal([64, 32]), random.stream('y').normal([64, 1])];
const weight = parameter('weight', random.stream('init').normal([32, 1]));

const policy = precisionPolicy('bf16'); // or 'fp16', 'fp32'
const scaler = new GradScaler({ enabled: policy.needsScaler }); // on with float16 alone, as in torch
const { value, grads } = tf.variableGrads(() =>
  scaler.scale(autocast(policy, () => tf.losses.meanSquaredError(y, tf.matMul(x, weight)))),
);
scaler.step(tf.train.adam(0.02), grads); // unscales the gradients; no update where one is not finite
scaler.update();
console.log(formatAmpDecision(decideAmpMode('bfloat16')), value.dataSync()[0]);
