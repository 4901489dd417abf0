// Each op forward, and forward + backward, on 723 tokens of 32 sequences (headlines are that short): fused, composed, and PyTorch's,
// turn by turn in the same run.
//   node bench/ops.mjs [rounds]           PYTHON=path/of/python with torch, for the peer
import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import * as kernels from '../dist/index.js';

const rounds = Number(process.argv[2] ?? 30);
const REPEATS = 4;
const RATE = 0.1;
const LENGTHS = [
  12, 13, 15, 16, 17, 18, 18, 19, 20, 20, 21, 21, 22, 22, 22, 23, 23, 23, 24, 24, 24, 25, 25, 25, 26, 26, 27,
  28, 29, 30, 31, 34,
];
const tokens = LENGTHS.reduce((sum, length) => sum + length, 0);
const offsets = Int32Array.from([0, ...LENGTHS]);
for (let i = 1; i < offsets.length; i++) offsets[i] += offsets[i - 1];

const report = await kernels.loadKernels();
console.log(`${cpus()[0].model}, ${cpus().length} CPUs, Node ${process.version}, ${tokens} tokens`);
console.log(JSON.stringify(report));
const peer = await startPeer();

for (const hidden of [384, 768]) {
  const heads = 12;
  console.log(`\nhidden ${hidden}, ${heads} heads; ms, least (median) of ${rounds * REPEATS}`);
  console.log('| op | | fused | composed | PyTorch | composed / fused | PyTorch / fused |');
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  for (const [name, setup] of Object.entries(cases(hidden, heads))) {
    for (const backward of [false, true]) {
      const own = [kernels, kernels.composed].map((implementation) => timer(setup(implementation), backward));
      const times = [[], [], []];
      for (let round = 0; round < rounds; round++) {
        for (const [i, time] of own.entries()) times[i].push(...time());
        times[2].push(
          ...(await peer({ case: name, backward, repeats: REPEATS, hidden, heads, lengths: LENGTHS })),
        );
      }
      // The first round warms up.
      const [fused, composed, torch] = times.map((all) => all.slice(REPEATS).sort((a, b) => a - b));
      const ratio = (a, b) => (a.length > 0 ? (a[0] / b[0]).toFixed(1) : '');
      const direction = backward ? 'forward + backward' : 'forward';
      const columns = [
        name,
        direction,
        ...[fused, composed, torch].map(show),
        ratio(composed, fused),
        ratio(torch, fused),
      ];
      console.log(`| ${columns.join(' | ')} |`);
    }
  }
}
peer.end?.();

function cases(hidden, heads) {
  const data = randomStreams(1).stream('data');
  const stream = randomStreams(1).stream('dropout');
  const drop = (on) => (on ? { rate: RATE, stream } : null);
  const wide = [data.normal([tokens, 4 * hidden]), data.normal([4 * hidden])];
  const [q, k, v] = [0, 1, 2].map(() => data.normal([tokens, hidden]));
  const [gamma, beta, bias] = [0, 1, 2].map(() => data.normal([hidden]));
  const sublayer = (dropout) => (implementation) => ({
    inputs: [q, k, gamma, beta, bias],
    f: (x, residual, gamma, beta, bias) =>
      implementation.layerNorm(x, gamma, beta, { residual, bias, eps: 1e-12, dropout: drop(dropout) }),
  });
  const attention = (dropout) => (implementation) => ({
    inputs: [q, k, v],
    f: (q, k, v) => implementation.packedAttention(q, k, v, offsets, { heads, dropout: drop(dropout) }),
  });
  return {
    gelu: ({ gelu }) => ({ inputs: wide, f: gelu }),
    dropout: ({ dropout }) => ({ inputs: [q], f: (x) => dropout(x, drop(true)) }),
    sublayer: sublayer(false),
    'sublayer, dropout': sublayer(true),
    attention: attention(false),
    'attention, dropout': attention(true),
  };
}

function timer({ inputs, f }, backward) {
  const dy = tf.tidy(() => tf.onesLike(f(...inputs)));
  const run = backward
    ? () => {
        const { value, grads } = tf.valueAndGrads(f)(inputs, dy);
        tf.dispose([value, grads]);
      }
    : () => f(...inputs).dispose();
  return () =>
    Array.from({ length: REPEATS }, () => {
      const start = performance.now();
      run();
      return performance.now() - start;
    });
}

function show(times) {
  return times.length > 0 ? `${times[0].toFixed(2)} (${times[times.length >> 1].toFixed(2)})` : '';
}

async function startPeer() {
  const script = fileURLToPath(new URL('../../../tooling/peers/kernels-ops.py', import.meta.url));
  const child = spawn(process.env.PYTHON ?? 'python3', [script], { stdio: ['pipe', 'pipe', 'ignore'] });
  child.on('error', () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value, done } = await lines.next();
  console.log(done ? 'no PyTorch (set PYTHON)' : `PyTorch ${value}`);
  if (done) return async () => [];
  child.stdin.on('error', () => {});
  const ask = async (request) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const answer = await lines.next();
    return answer.done ? [] : JSON.parse(answer.value);
  };
  ask.end = () => child.stdin.end();
  return ask;
}
