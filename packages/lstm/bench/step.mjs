// Forward + backward of one LSTM layer, batch 32 x 10 days x 6 features, hidden 32: each twin on each backend of this machine.
//   node bench/step.mjs [steps]
// The peer: python bench/step_torch.py (PyTorch on the CPU, the same sizes).
import { cpus } from 'node:os';
import { currentTensorFlow, findBackends, hasNativeOps, loadTensorFlow, randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { Lstm } from '../dist/index.js';

const steps = Number(process.argv[2] ?? 200);
const [batch, time, inputSize, hiddenSize] = [32, 10, 6, 32];

console.log(`${cpus()[0].model}, ${cpus().length} CPUs, Node ${process.version}`);
console.log(
  `[${batch}, ${time}, ${inputSize}] hidden ${hiddenSize}, ms per step: median (minimum) of ${steps}`,
);
for (const { name, available } of await findBackends()) {
  if (!available) continue;
  await loadTensorFlow({ backend: name });
  for (const implementation of hasNativeOps() ? ['fused', 'composed'] : ['composed']) {
    const { forward, both } = measure(implementation);
    const { version } = currentTensorFlow();
    console.log(`${name} ${version} ${implementation}: forward ${forward}, forward + backward ${both}`);
  }
}

function measure(implementation) {
  const streams = randomStreams(1);
  const lstm = new Lstm({ inputSize, hiddenSize, init: streams.stream('init'), implementation });
  const x = streams.stream('data').normal([batch, time, inputSize]);
  const loss = () => tf.sum(tf.square(lstm.forward(x).hidden[0]));
  const forward = timed(() => tf.tidy(() => void loss().dataSync()));
  const both = timed(() => {
    const { value, grads } = tf.variableGrads(loss);
    value.dataSync();
    tf.dispose([value, grads]);
  });
  lstm.dispose();
  x.dispose();
  return { forward, both };
}

function timed(run) {
  for (let i = 0; i < 20; i++) run();
  const times = Array.from({ length: steps }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  }).sort((a, b) => a - b);
  return `${times[steps >> 1].toFixed(2)} (${times[0].toFixed(2)})`;
}
