// One AdamW update of whole models' worth of parameters: each twin on each backend of this machine.
//   node bench/adam-w.mjs [updates]
// The peer: python bench/adam_w_torch.py (PyTorch on the CPU, the same shapes).
import { cpus } from 'node:os';
import { findBackends, hasNativeOps, loadTensorFlow, parameter } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { AdamW } from '../dist/index.js';

const updates = Number(process.argv[2] ?? 30);
const layer = [[384, 384], [384], [384, 384], [384], [384, 384], [384], [384, 384], [384], [384], [384]];
const encoderLayer = [...layer, [1536, 384], [1536], [384, 1536], [384], [384], [384]];
const models = {
  'LSTM forecaster': [[128, 6], [128, 32], [128], [128], [16, 35], [16], [1, 16], [1]],
  'LoRA r8 on BERT-base': [
    ...Array(24)
      .fill([
        [8, 768],
        [768, 8],
      ])
      .flat(),
    [3, 768],
    [3],
  ],
  '22M encoder': [[30522, 384], [512, 384], [2, 384], [384], [384], ...Array(6).fill(encoderLayer).flat()],
};

console.log(
  `${cpus()[0].model}, ${cpus().length} CPUs, Node ${process.version}; ms per update: median (minimum) of ${updates}`,
);
for (const { name, available } of await findBackends()) {
  if (!available) continue;
  await loadTensorFlow({ backend: name });
  for (const [model, shapes] of Object.entries(models)) {
    if (name === 'cpu' && model === '22M encoder') continue;
    for (const implementation of hasNativeOps() ? ['fused', 'composed'] : ['composed']) {
      const count = shapes.reduce((sum, shape) => sum + tf.util.sizeFromShape(shape), 0);
      console.log(
        `${name} ${implementation}, ${model} (${shapes.length} tensors, ${count} weights): ${measure(shapes, implementation)}`,
      );
    }
  }
}

function measure(shapes, implementation) {
  const variables = shapes.map((shape, i) => parameter(`p${i}`, tf.fill(shape, 0.5)));
  const grads = Object.fromEntries(
    variables.map((variable) => [variable.name, tf.fill(variable.shape, 0.1)]),
  );
  const optimizer = new AdamW([{ parameters: new Map(variables.map((v, i) => [`p${i}`, v])) }], {
    implementation,
  });
  const run = () => {
    optimizer.step(grads);
    variables[variables.length - 1].dataSync();
  };
  for (let i = 0; i < 3; i++) run();
  const times = Array.from({ length: updates }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  }).sort((a, b) => a - b);
  optimizer.dispose();
  tf.dispose([variables, grads]);
  return `${times[updates >> 1].toFixed(2)} (${times[0].toFixed(2)})`;
}
