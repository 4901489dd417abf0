// A whole update of LoRA fine-tuning in float32 and in a low precision: forward, backward, clipping, AdamW.
//   node bench/precision-step.mjs --model DIR [--precision bf16] [--modes wide,low] [--rounds 20] [--batch 32] [--mean 23] [--json]
// Batches have sentences of unequal length without padding. Turns alternate between the variants, so that all meet the same noise; speeds
// are medians of paired ratios, by the clock and by the processor time of the process. Bytes are counted where the backward pass
// begins: distinct buffers saved on the tape (weights not counted) and the frozen weights.
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { autocast, GradScaler, precisionPolicy, toLowPrecision } from '@fin/amp';
import { sentimentLabels } from '@fin/data';
import { crossEntropy, loadBert } from '@fin/finbert-lora';
import { getPeftModel } from '@fin/finbert-lora/lora';
import { packSequences } from '@fin/finbert-lora/tokenizer';
import { clippingFactor, loadKernels } from '@fin/kernels';
import {
  currentTensorFlow,
  elementBytes,
  installInterceptor,
  loadTensorFlow,
  nativeDType,
  randomStreams,
} from '@fin/runtime';
import { AdamW, decayGroups } from '@fin/train';
import * as tf from '@tensorflow/tfjs-core';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string' },
    precision: { type: 'string', default: 'bf16' },
    modes: { type: 'string', default: 'wide' },
    rounds: { type: 'string', default: '20' },
    batch: { type: 'string', default: '32' },
    mean: { type: 'string', default: '23' },
    json: { type: 'boolean', default: false },
  },
});
if (!options.model) throw new Error('give --model DIR');
const [rounds, batchSize, meanLength] = [options.rounds, options.batch, options.mean].map(Number);

await loadTensorFlow({ backend: 'tensorflow' });
const kernels = await loadKernels();
const lowPolicy = precisionPolicy(options.precision);

// Which buffer a handle's data are in: the ops that share their input's.
const root = new Map();
const SHARING = ['Identity', 'Reshape', 'ExpandDims', 'Squeeze'];
const watch = (call, next) => {
  const outputs = next(call);
  if (SHARING.includes(call.op)) root.set(outputs[0].id, root.get(call.inputs[0].id) ?? call.inputs[0].id);
  return outputs;
};
const bufferOf = ({ dataId }) => {
  const { id } = tf.backend().tensorMap.get(dataId);
  return root.get(id) ?? id;
};
const bytesOf = (tensor) => tensor.size * elementBytes(nativeDType(tensor));

function savedBytes(peft) {
  const weights = new Set([...peft.namedParameters().values()].map(bufferOf));
  const held = new Map();
  for (const { saved } of tf.engine().state.activeTape) {
    for (const tensor of saved ?? []) {
      if (!Object.hasOwn(tensor, 'dataId')) continue; // not a tensor, or held by its shape alone
      const id = bufferOf(tensor);
      if (!weights.has(id)) held.set(id, bytesOf(tensor));
    }
  }
  return [...held.values()].reduce((sum, bytes) => sum + bytes, 0);
}

async function makeVariant(name, policy) {
  const init = randomStreams(1).stream('init');
  const { model } = await loadBert(options.model, { labels: sentimentLabels, init });
  const peft = getPeftModel(
    model,
    { r: 8, loraAlpha: 16, loraDropout: 0.1, targetModules: ['query', 'value'] },
    { init },
  );
  if (policy.enabled) toLowPrecision(peft, { dtype: policy.dtype });
  const optimizer = new AdamW(decayGroups(peft, 0.01), { learningRate: 1e-4 });
  const scaler = new GradScaler({ enabled: policy.needsScaler });
  const frozen = [...peft.namedParameters().values()].filter(({ trainable }) => !trainable);
  const frozenBytes = frozen.reduce((sum, variable) => sum + bytesOf(variable), 0);
  return { name, policy, peft, optimizer, scaler, frozenBytes, heldBytes: 0, times: [] };
}

function step(variant, { tokens, labels, dropout }, measure) {
  const { policy, peft, optimizer, scaler } = variant;
  const watching = measure ? installInterceptor('buffers', watch) : null;
  const { value, grads } = tf.variableGrads(() => {
    const loss = scaler.scale(
      autocast(policy, () =>
        crossEntropy(peft.forward(tokens, { training: true, dropout: dropout() }), labels),
      ),
    );
    if (measure) variant.heldBytes = savedBytes(peft);
    return loss;
  });
  watching?.remove();
  root.clear();
  scaler.step(optimizer, grads, (unscaled) => {
    const { norm, factor } = clippingFactor(Object.values(unscaled), 1);
    optimizer.step(unscaled, undefined, factor);
    tf.dispose([norm, factor]);
  });
  scaler.update();
  value.dataSync();
  tf.dispose([value, grads]);
}

function batchOf(round) {
  const random = randomStreams(7).stream('data').at(round);
  const lengths = Array.from(random.floats(batchSize), (x) => Math.round(meanLength * (0.5 + x)));
  const ids = lengths.map((length, i) =>
    Int32Array.from({ length }, (_, j) => 1000 + ((i * 7919 + j * 104729 + round) % 20000)),
  );
  const labels = lengths.map((_, i) => i % 3);
  return {
    tokens: packSequences(ids),
    labels,
    dropout: () => randomStreams(3).stream('dropout').at(round),
  };
}

const modes = options.modes.split(',');
const variants = [
  await makeVariant('fp32', precisionPolicy('fp32')),
  ...(await Promise.all(
    modes.map((mode) => makeVariant(`${options.precision} ${mode}`, lowPolicy.with({ mode }))),
  )),
];
for (let round = -2; round < rounds; round++) {
  const batch = batchOf(round + 2);
  for (let turn = 0; turn < variants.length; turn++) {
    const variant = variants[(turn + round + 2) % variants.length];
    const [clock, processor] = [performance.now(), process.cpuUsage()];
    step(variant, batch, round === -2);
    const { user, system } = process.cpuUsage(processor);
    if (round >= 0)
      variant.times[round] = { clock: performance.now() - clock, processor: (user + system) / 1000 };
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const [base] = variants;
const ratio = (variant, of) => median(variant.times.map((time, i) => of(base.times[i]) / of(time)));
const rows = variants.map((variant) => ({
  name: variant.name,
  milliseconds: median(variant.times.map(({ clock }) => clock)),
  speedByClock: ratio(variant, ({ clock }) => clock),
  speedByProcessor: ratio(variant, ({ processor }) => processor),
  heldMegabytes: variant.heldBytes / 1e6,
  frozenMegabytes: variant.frozenBytes / 1e6,
}));
const environment = {
  tensorflow: currentTensorFlow().version,
  fusedOps: kernels.available,
  processor: cpus()[0].model,
  threads: cpus().length,
  load: loadavg(),
};
if (options.json) console.log(JSON.stringify({ environment, rows }, null, 2));
else {
  console.log(
    `TensorFlow ${environment.tensorflow}, fused ops: ${environment.fusedOps}, ${environment.threads} threads, load ${loadavg()[0].toFixed(1)}`,
  );
  console.log('variant        ms  by the clock  by processor time  activations MB  frozen weights MB');
  for (const row of rows) {
    console.log(
      `${row.name.padEnd(10)} ${row.milliseconds.toFixed(0).padStart(6)}  ${row.speedByClock.toFixed(2).padStart(12)}  ` +
        `${row.speedByProcessor.toFixed(2).padStart(17)}  ${row.heldMegabytes.toFixed(1).padStart(14)}  ${row.frozenMegabytes.toFixed(1).padStart(17)}`,
    );
  }
}
