// Forward + backward of one BERT-base layer (768 wide, 12 heads, 3072 inside) in float32 and in bfloat16, each mode of @fin/amp in turn.
//   node bench/layer.mjs [--rounds 12] [--batch 32] [--length 23] [--dtype bfloat16] [--train full|lora] [--modes wide,low] [--saved low|as-computed]
//                        [--ops fused|composed]
// With fused ops the layer is built from the functions of @fin/kernels, like in @fin/finbert-lora, with their products; otherwise it is
// composed of plain tfjs ops. Turns alternate, so that all meet the same noise. Speeds are medians of paired ratios, by the clock and by
// the processor time of the process, which other load on the machine affects less. Bytes are counted at the start of the backward pass:
// distinct buffers saved on the tape (without weights), and those of frozen weights.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import * as kernels from '@fin/kernels';
import {
  currentTensorFlow,
  elementBytes,
  installInterceptor,
  loadTensorFlow,
  nativeDType,
  randomStreams,
} from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import {
  autocast,
  decideAmpMode,
  formatAmpDecision,
  formatWideningReport,
  Policy,
  resetWideningReport,
  toLowPrecision,
} from '../dist/index.js';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '12' },
    batch: { type: 'string', default: '32' },
    length: { type: 'string', default: '23' },
    dtype: { type: 'string', default: 'bfloat16' },
    train: { type: 'string', default: 'lora' },
    modes: { type: 'string', default: 'wide,low' },
    saved: { type: 'string', default: 'low' },
    ops: { type: 'string', default: 'fused' },
    report: { type: 'boolean', default: false },
  },
});
const [rounds, batch, length] = [options.rounds, options.batch, options.length].map(Number);
const [hidden, heads, inner, rank] = [768, 12, 3072, 8];
const tokens = batch * length;

await loadTensorFlow({ backend: 'tensorflow' });
const { version, native } = currentTensorFlow();
const fused = options.ops === 'fused' && (await kernels.loadKernels()).available;
const { gelu, layerNorm, packedAttention } = fused ? kernels : kernels.composed;
const offsets = Int32Array.from({ length: batch + 1 }, (_, i) => i * length);
const init = randomStreams(1).stream('init');

class Layer {
  #variables = new Map();
  constructor(lora) {
    const add = (name, value, trainable) => {
      this.#variables.set(name, tf.variable(value, trainable));
      value.dispose();
    };
    for (const [name, from, to] of [
      ['query', hidden, hidden],
      ['key', hidden, hidden],
      ['value', hidden, hidden],
      ['output', hidden, hidden],
      ['intermediate', hidden, inner],
      ['dense', inner, hidden],
    ]) {
      add(`${name}.weight`, init.normal([from, to], 0, 0.02), !lora);
      add(`${name}.bias`, tf.zeros([to]), !lora);
    }
    for (const norm of ['norm1', 'norm2']) {
      add(`${norm}.weight`, tf.ones([hidden]), !lora);
      add(`${norm}.bias`, tf.zeros([hidden]), !lora);
    }
    if (!lora) return;
    for (const name of ['query', 'value']) {
      add(`${name}.loraA`, init.normal([hidden, rank], 0, 0.02), true);
      add(`${name}.loraB`, init.normal([rank, hidden], 0, 0.02), true);
    }
  }

  namedParameters() {
    return this.#variables;
  }

  #linear(x, name) {
    const of = (part) => this.#variables.get(`${name}.${part}`);
    const y = tf.add(tf.matMul(x, of('weight')), of('bias'));
    return of('loraA') ? tf.add(y, tf.mul(tf.matMul(tf.matMul(x, of('loraA')), of('loraB')), 2)) : y;
  }

  #endOfSublayer(x, residual, name) {
    const [gamma, beta] = ['weight', 'bias'].map((part) => this.#variables.get(`${name}.${part}`));
    return layerNorm(x, gamma, beta, { residual, eps: 1e-12 });
  }

  #attention(x) {
    const [q, k, v] = ['query', 'key', 'value'].map((name) => this.#linear(x, name));
    return packedAttention(q, k, v, offsets, { heads });
  }

  forward(x) {
    return tf.tidy(() => {
      const attention = tf.tidy(() => this.#attention(x));
      const attended = this.#endOfSublayer(this.#linear(attention, 'output'), x, 'norm1');
      const inside = tf.tidy(() => gelu(this.#linear(attended, 'intermediate')));
      return this.#endOfSublayer(this.#linear(inside, 'dense'), attended, 'norm2');
    });
  }
}

// Which buffer a handle's data are in: the ops that share their input's.
const root = new Map();
const buffers = installInterceptor('buffers', (call, next) => {
  const outputs = next(call);
  if (['Identity', 'Reshape', 'ExpandDims', 'Squeeze'].includes(call.op)) {
    root.set(outputs[0].id, root.get(call.inputs[0].id) ?? call.inputs[0].id);
  }
  return outputs;
});

function heldBytes(layer) {
  const idOf = ({ dataId }) => {
    const { id } = tf.backend().tensorMap.get(dataId);
    return root.get(id) ?? id;
  };
  const weights = new Set([...layer.namedParameters().values()].map(idOf));
  const held = new Map();
  for (const { saved } of tf.engine().state.activeTape) {
    for (const tensor of saved ?? []) {
      if (!Object.hasOwn(tensor, 'dataId')) continue; // not a tensor, or held by its shape alone
      const id = idOf(tensor);
      if (!weights.has(id)) held.set(id, tensor.size * elementBytes(nativeDType(tensor)));
    }
  }
  return [...held.values()].reduce((sum, bytes) => sum + bytes, 0);
}

function frozenBytes(layer) {
  return [...layer.namedParameters().values()]
    .filter(({ trainable }) => !trainable)
    .reduce((sum, variable) => sum + variable.size * elementBytes(nativeDType(variable)), 0);
}

const dy = init.normal([tokens, hidden]);
const x = init.normal([tokens, hidden]);

function makeStep(layer, policy) {
  let held = 0;
  const begin = tf.customGrad((y) => ({
    value: tf.clone(y),
    gradFunc: (upstream) => {
      if (held === 0) held = heldBytes(layer);
      return upstream;
    },
  }));
  const scale = tf.variable(tf.scalar(1)); // so that the gradient reaches down to x, as in a layer in the middle
  const loss = () => tf.sum(tf.mul(begin(autocast(policy, () => layer.forward(tf.mul(x, scale)))), dy));
  const step = () => {
    const { value, grads } = tf.variableGrads(loss);
    value.dataSync();
    tf.dispose([value, grads]);
  };
  return { step, held: () => held };
}

const lora = options.train === 'lora';
const fp32 = new Layer(lora);
const contenders = [{ name: 'float32', layer: fp32, policy: new Policy({ enabled: false }) }];
for (const mode of options.modes.split(',').filter(Boolean)) {
  const layer = new Layer(lora);
  if (lora) toLowPrecision(layer, { dtype: options.dtype });
  contenders.push({
    name: `${options.dtype} ${mode}`,
    layer,
    policy: new Policy({ dtype: options.dtype, mode, savedActivations: options.saved }),
  });
}
for (const contender of contenders)
  Object.assign(contender, makeStep(contender.layer, contender.policy), { times: [], cpu: [] });
for (const { step } of contenders) {
  step();
  step();
}
buffers.remove();
for (let round = 0; round < rounds; round++) {
  for (const contender of contenders) {
    const [start, usage] = [performance.now(), process.cpuUsage()];
    contender.step();
    contender.times.push(performance.now() - start);
    const { user, system } = process.cpuUsage(usage);
    contender.cpu.push((user + system) / 1e3);
  }
}

console.log(
  `${cpus()[0].model}, ${cpus().length} CPUs, Node ${process.version}, TensorFlow ${version}${native.isUsingGpuDevice() ? ', GPU' : ''}`,
);
console.log(formatAmpDecision(decideAmpMode(options.dtype)));
console.log(
  `BERT-base layer, ${tokens} tokens (${batch} x ${length}), ${options.train}, ${fused ? 'fused' : 'composed'} ops, forward + backward, ${rounds} rounds, saved ${options.saved}`,
);
const [base] = contenders;
const median = (times) => [...times].sort((a, b) => a - b)[times.length >> 1];
const megabytes = (bytes) => (bytes / 1e6).toFixed(1).padStart(7);
const baseBytes = base.held() + frozenBytes(base.layer);
const paired = (key, { [key]: values }) =>
  median(values.map((ms, round) => base[key][round] / ms)).toFixed(2);
console.log(
  '                 ms: median (min)    speed   CPU ms  by CPU time   activations MB  frozen MB   both, relative',
);
for (const contender of contenders) {
  const { name, layer, times, cpu, held } = contender;
  const bytes = held() + frozenBytes(layer);
  console.log(
    [
      name.padEnd(14),
      `${median(times).toFixed(1)} (${Math.min(...times).toFixed(1)})`.padStart(18),
      `${paired('times', contender)}x`.padStart(8),
      median(cpu).toFixed(0).padStart(8),
      `${paired('cpu', contender)}x`.padStart(12),
      megabytes(held()).padStart(16),
      megabytes(frozenBytes(layer)).padStart(10),
      (bytes / baseBytes).toFixed(2).padStart(16),
    ].join(' '),
  );
}
if (options.report) {
  for (const { name, step } of contenders.slice(1)) {
    resetWideningReport();
    step();
    console.log(`\nwidened in one step of ${name}\n${formatWideningReport()}`);
  }
}
