// FinMatMul beside TensorFlow's float32 product: x of 723 tokens times the weights of a BERT, as its layers multiply them forward
// ([out, in], transposed) and backward, turn by turn in the same run. Milliseconds, least of rounds times 5.
//   node bench/products.mjs [rounds] [avx512|avx2|baseline]
// To hold oneDNN to AVX2 as well, put ONEDNN_MAX_CPU_ISA=AVX2 before it.
import { cpus, loadavg } from 'node:os';
import { attr, castNative, loadTensorFlow, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { loadKernels } from '../dist/index.js';
import { kernelsState } from '../dist/state.js';

const rounds = Number(process.argv[2] ?? 9);
const REPEATS = 5;
const TOKENS = 723;

await loadTensorFlow({ backend: 'tensorflow' });
await loadKernels();
const { addon } = kernelsState();
if (!addon?.choose(process.argv[3] ?? '', 0)) throw new Error('there are no such kernels here');

const contenders = [
  ['BatchMatMulV2', 'float32'],
  ['FinMatMul', 'float32'],
  ['FinMatMul', 'bfloat16'],
];
const { instructionSet, threads } = addon.describe();
console.log(`${cpus()[0].model}, ${instructionSet}, ${threads} threads, load ${loadavg()[0].toFixed(1)}`);
console.log(
  '| tokens × in → out | | TensorFlow, float32 | FinMatMul, float32 | FinMatMul, bfloat16 | its speed relative to TensorFlow |',
);
console.log('| --- | --- | --- | --- | --- | --- |');
for (const [depth, cols] of [
  [384, 384],
  [384, 1536],
  [1536, 384],
  [768, 768],
  [768, 3072],
  [3072, 768],
  [384, 8],
  [8, 384],
]) {
  for (const transposed of [true, false]) {
    const factors = [
      tf.randomUniform([TOKENS, depth], -1, 1),
      tf.randomUniform(transposed ? [cols, depth] : [depth, cols], -1, 1),
    ];
    const inputs = contenders.map(([, dtype]) => factors.map((factor) => castNative(factor, dtype)));
    const multiply = ([op, dtype], own) => {
      const attrs = { T: attr.type(dtype), adj_x: attr.bool(false), adj_y: attr.bool(transposed) };
      rawOp(op, own, attrs)[0].dispose();
    };
    const least = contenders.map(() => Number.POSITIVE_INFINITY);
    for (let round = -1; round < rounds; round++) {
      for (const [i, contender] of contenders.entries()) {
        const start = performance.now();
        for (let repeat = 0; repeat < REPEATS; repeat++) multiply(contender, inputs[i]);
        if (round >= 0) least[i] = Math.min(least[i], (performance.now() - start) / REPEATS);
      }
    }
    tf.dispose([factors, inputs]);
    const direction = transposed ? 'forward' : 'backward';
    const times = least.map((ms) => ms.toFixed(2)).join(' | ');
    console.log(
      `| ${TOKENS} × ${depth} → ${cols} | ${direction} | ${times} | ${(least[0] / least[2]).toFixed(2)} |`,
    );
  }
}
