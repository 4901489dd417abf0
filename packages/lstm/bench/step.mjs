// Forward, and forward + backward, of an LSTM on batches of 32 x 10 days x 6 features: each implementation on each backend of this
// machine, step by step in turn. As many steps come before them untimed: the first hundreds are slower, until V8 has compiled what runs often.
//   node bench/step.mjs [steps] [backend]
// The peer: python bench/step_torch.py (PyTorch on the CPU, the same sizes).
import { cpus } from 'node:os';
import { loadKernels } from '@fin/kernels';
import { currentTensorFlow, findBackends, hasNativeOps, loadTensorFlow, randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { Lstm } from '../dist/index.js';

const steps = Number(process.argv[2] ?? 200);
const [batch, time, inputSize] = [32, 10, 6];
const models = [
  { hiddenSize: 32, numLayers: 1 },
  { hiddenSize: 32, numLayers: 2, dropout: 0.1 },
  { hiddenSize: 128, numLayers: 2, dropout: 0.1 },
];

console.log(`${cpus()[0].model}, ${cpus().length} CPUs, Node ${process.version}`);
console.log(
  `[${batch}, ${time}, ${inputSize}], ms by the clock, then of processor time on all threads: median (minimum) of ${steps}`,
);
const only = process.argv[3];
for (const { name, available } of await findBackends()) {
  if (!available || (only && name !== only)) continue;
  await loadTensorFlow({ backend: name });
  const kernels = await loadKernels();
  const { version } = currentTensorFlow();
  const implementations = [
    ...(kernels.available ? ['kernels'] : []),
    ...(hasNativeOps() ? ['tensorflow'] : []),
    'composed',
  ];
  for (const model of models) {
    const runs = implementations.flatMap((implementation) => prepare(model, implementation));
    const times = interleaved(runs.map(({ run }) => run));
    for (const [i, { what }] of runs.entries()) {
      console.log(`${name} ${version}, ${JSON.stringify(model)}: ${what} ${times[i]}`);
    }
    for (const { dispose } of runs) dispose?.();
  }
}

function prepare(model, implementation) {
  const streams = randomStreams(1);
  const [x, dropout] = [streams.stream('data').normal([batch, time, inputSize]), streams.stream('dropout')];
  const lstm = new Lstm({
    inputSize,
    ...model,
    init: streams.stream('init'),
    implementation: implementation === 'composed' ? 'composed' : 'fused',
  });
  const loss = () => tf.sum(tf.square(lstm.forward(x, { training: true, dropout }).hidden[0]));
  const chosen = (run) => () => {
    process.env.FIN_KERNELS = implementation === 'kernels' ? '1' : '0';
    run();
  };
  const forward = chosen(() => tf.tidy(() => void loss().dataSync()));
  const both = chosen(() => {
    const { value, grads } = tf.variableGrads(loss, [...lstm.namedParameters().values()]);
    value.dataSync();
    tf.dispose([value, grads]);
  });
  return [
    { what: `${implementation}, forward`, run: forward },
    {
      what: `${implementation}, forward + backward`,
      run: both,
      dispose: () => {
        lstm.dispose();
        x.dispose();
      },
    },
  ];
}

function interleaved(runs) {
  const times = runs.map(() => []);
  for (let i = 0; i < 2 * steps; i++) {
    for (const [k, run] of runs.entries()) {
      const [start, used] = [performance.now(), process.cpuUsage()];
      run();
      const { user, system } = process.cpuUsage(used);
      if (i >= steps) times[k].push({ clock: performance.now() - start, processor: (user + system) / 1e3 });
    }
  }
  return times.map((each) =>
    ['clock', 'processor'].map((kind) => summary(each.map((time) => time[kind]))).join(', '),
  );
}

/** Median and least. */
function summary(values) {
  values.sort((a, b) => a - b);
  return `${values[steps >> 1].toFixed(2)} (${values[0].toFixed(2)})`;
}
