// One AdamW update of whole models' worth of parameters: each implementation on each backend of this machine, update by update in turn.
// As many updates come before them untimed: the first hundreds are slower, until V8 has compiled what runs often.
//   node bench/adam-w.mjs [updates] [backend]
// The peer: python bench/adam_w_torch.py (PyTorch on the CPU, the same shapes).
import { cpus } from 'node:os';
import { loadKernels } from '@fin/kernels';
import { findBackends, hasNativeOps, loadTensorFlow, parameter } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { AdamW, AdamW8bit } from '../dist/index.js';

const updates = Number(process.argv[2] ?? 30);
const only = process.argv[3];
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
  `${cpus()[0].model}, ${cpus().length} CPUs, Node ${process.version}; ms per update by the clock, then of processor time on all threads: median (minimum) of ${updates}; then the optimizer's state`,
);
for (const { name, available } of await findBackends()) {
  if (!available || (only && name !== only)) continue;
  await loadTensorFlow({ backend: name });
  const kernels = await loadKernels();
  for (const [model, shapes] of Object.entries(models)) {
    if (name === 'cpu' && model === '22M encoder') continue;
    const implementations = [
      ...(kernels.available ? ['kernels', 'kernels, 8 bits'] : []),
      ...(hasNativeOps() ? ['tensorflow'] : []),
      'composed',
    ];
    const count = shapes.reduce((sum, shape) => sum + tf.util.sizeFromShape(shape), 0);
    const results = interleaved(shapes, implementations);
    for (const [i, implementation] of implementations.entries()) {
      console.log(
        `${name} ${implementation}, ${model} (${shapes.length} tensors, ${count} weights): ${results[i]}`,
      );
    }
  }
}

/** Times of each implementation, update by update in turn. */
function interleaved(shapes, implementations) {
  const runs = implementations.map((implementation) => prepare(shapes, implementation));
  const times = runs.map(() => []);
  for (let i = 0; i < 2 * updates; i++) {
    for (const [k, { run }] of runs.entries()) {
      const [start, used] = [performance.now(), process.cpuUsage()];
      run();
      const { user, system } = process.cpuUsage(used);
      if (i >= updates) times[k].push({ clock: performance.now() - start, processor: (user + system) / 1e3 });
    }
  }
  const bytes = [];
  for (const { stateBytes, dispose } of runs) {
    bytes.push(stateBytes());
    dispose();
  }
  return times.map((each, i) =>
    [
      ...['clock', 'processor'].map((kind) => summary(each.map((time) => time[kind]))),
      `${(bytes[i] / 1e6).toFixed(2)} MB of state`,
    ].join(', '),
  );
}

/** Median and least. */
function summary(values) {
  values.sort((a, b) => a - b);
  return `${values[updates >> 1].toFixed(2)} (${values[0].toFixed(2)})`;
}

function prepare(shapes, implementation) {
  const variables = shapes.map((shape, i) => parameter(`p${i}`, tf.fill(shape, 0.5)));
  const grads = Object.fromEntries(
    variables.map((variable) => [variable.name, tf.fill(variable.shape, 0.1)]),
  );
  if (implementation === 'tensorflow') process.env.FIN_KERNELS = '0';
  const kind = implementation.endsWith('8 bits') ? AdamW8bit : AdamW;
  const optimizer = new kind([{ parameters: new Map(variables.map((v, i) => [`p${i}`, v])) }], {
    implementation: implementation === 'composed' ? 'composed' : 'fused',
  });
  delete process.env.FIN_KERNELS;
  return {
    run: () => {
      optimizer.step(grads);
      variables[variables.length - 1].dataSync();
    },
    stateBytes: () => optimizer.stateBytes(),
    dispose: () => {
      optimizer.dispose();
      tf.dispose([variables, grads]);
    },
  };
}
