import { readFile } from 'node:fs/promises';
import type { EncoderLayer } from '@fin/kernels';
import { composed, encoder, loadKernels, lstm } from '@fin/kernels';
import { beginRange, castNative, hasNativeOps, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { ProfilerEvent } from '../src/index.js';
import { profile } from '../src/index.js';

interface Counts {
  readonly products: number;
  readonly composedAttention: number;
  readonly fusedAttention: number;
}

interface Case {
  readonly layers: number;
  readonly batch: number;
  readonly length: number;
  readonly hidden: number;
  readonly intermediate: number;
  readonly heads: number;
  readonly forward: Counts;
  readonly backward: Counts;
}

const { cases } = JSON.parse(
  await readFile(new URL('./fixtures/torch-flops.json', import.meta.url), 'utf8'),
) as { readonly cases: readonly Case[] };

const fused = hasNativeOps() && (await loadKernels()).available;

function layersOf({ layers, hidden, intermediate }: Case): EncoderLayer[] {
  const linear = (out: number, features: number) => ({
    weight: tf.variable(tf.truncatedNormal([out, features])) as tf.Variable<tf.Rank.R2>,
    bias: tf.variable(tf.zeros([out])) as tf.Variable<tf.Rank.R1>,
  });
  const norm = () => ({
    weight: tf.variable(tf.ones([hidden])) as tf.Variable<tf.Rank.R1>,
    bias: tf.variable(tf.zeros([hidden])) as tf.Variable<tf.Rank.R1>,
  });
  return tf.tidy(() =>
    Array.from({ length: layers }, () => ({
      query: linear(hidden, hidden),
      key: linear(hidden, hidden),
      value: linear(hidden, hidden),
      attentionOutput: linear(hidden, hidden),
      attentionNorm: norm(),
      intermediate: linear(intermediate, hidden),
      output: linear(hidden, intermediate),
      outputNorm: norm(),
    })),
  );
}

/** Runs an encoder on random input, with a backward pass if it is to be trained. */
async function profiled(
  shape: Case,
  run: typeof encoder,
  training: boolean,
): Promise<readonly ProfilerEvent[]> {
  const { batch, length, hidden, heads } = shape;
  const layers = layersOf(shape);
  const x = tf.tidy(() =>
    tf.variable(tf.truncatedNormal([batch * length, hidden])),
  ) as tf.Variable<tf.Rank.R2>;
  const offsets = Int32Array.from({ length: batch + 1 }, (_, i) => i * length);
  const forward = () => tf.sum<tf.Scalar>(run(x, offsets, layers, { heads }));
  const { events } = await profile(() => {
    let end = beginRange('forward');
    if (!training) tf.dispose(tf.tidy(forward));
    else
      tf.dispose(
        tf.variableGrads(() => {
          const loss = forward();
          end();
          end = beginRange('backward');
          return loss;
        }) as never,
      );
    end();
  });
  tf.dispose([x, ...layers.flatMap((layer) => Object.values(layer).flatMap(Object.values))] as never);
  return events;
}

const sum = (events: readonly ProfilerEvent[]) =>
  events.reduce((total, { flops }) => total + (flops ?? 0), 0);

describe.skipIf(!hasNativeOps()).each(cases)(
  "operations of $layers layers, as torch's counter has them",
  (shape) => {
    it('composed: products, and those of attention', async () => {
      const events = await profiled(shape, composed.encoder, true);
      for (const phase of ['forward', 'backward'] as const) {
        const products = events.filter(({ stack, flops }) => stack.includes(phase) && flops !== null);
        const attention = products.filter(({ shapes }) => shapes[0].length === 4);
        expect(sum(attention)).toBe(shape[phase].composedAttention);
        expect(sum(products) - sum(attention)).toBe(shape[phase].products);
      }
    });

    it.skipIf(!fused)('fused in training', async () => {
      const events = await profiled(shape, encoder, true);
      for (const phase of ['forward', 'backward'] as const) {
        const { products, fusedAttention } = shape[phase];
        expect(sum(events.filter(({ stack }) => stack.includes(phase)))).toBe(products + fusedAttention);
      }
    });

    it.skipIf(!fused)('fused in inference: one op', async () => {
      const counted = (await profiled(shape, encoder, false)).filter(({ flops }) => flops !== null);
      expect(counted.map(({ name }) => name)).toEqual(['FinEncoder']);
      expect(sum(counted)).toBe(shape.forward.products + shape.forward.fusedAttention);
    });
  },
);

it.skipIf(!fused)('an LSTM: both products of each layer, and their gradients', async () => {
  const [batch, time, input, hidden] = [5, 3, 6, 4];
  const make = (size: number) => ({
    inputKernel: tf.variable(tf.ones([4 * hidden, size])) as never,
    recurrentKernel: tf.variable(tf.ones([4 * hidden, hidden])) as never,
    inputBias: tf.variable(tf.ones([4 * hidden])) as never,
    recurrentBias: tf.variable(tf.ones([4 * hidden])) as never,
  });
  const layers = [make(input), make(hidden)];
  const x = tf.ones([batch, time, input]) as tf.Tensor3D;
  const products = 2 * batch * time * 4 * hidden * (input + 3 * hidden);
  for (const ofInput of [false, true]) {
    const { events } = await profile(() => {
      const loss = (input: tf.Tensor) => tf.sum(lstm(input as tf.Tensor3D, layers).output) as tf.Scalar;
      if (ofInput) tf.dispose(tf.grad(loss)(x));
      else tf.dispose(tf.variableGrads(() => loss(x)) as never);
    });
    const counted = events.filter(({ name }) => name.startsWith('FinLstm'));
    const withoutInput = 2 * products - 2 * batch * time * 4 * hidden * input;
    // For the gradient of x the op runs again.
    const gradients = ofInput ? [withoutInput, 2 * products] : [withoutInput];
    expect(counted.map(({ flops }) => flops)).toEqual([products, ...gradients]);
  }
  tf.dispose([x, ...layers.flatMap((layer) => Object.values(layer))]);
});

describe.skipIf(!fused)('calls that are not as tfjs made them', () => {
  it('a product that @fin/kernels takes over is shown as its op', async () => {
    const { bfloat16Products } = await loadKernels();
    const { events } = await profile(() =>
      tf.tidy(() => {
        const [a, b] = [tf.ones([16, 32]), tf.ones([32, 8])].map((x) => castNative(x, 'bfloat16'));
        tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D);
      }),
    );
    const product = events.find(({ flops }) => flops !== null);
    expect(product).toMatchObject({ flops: 2 * 16 * 32 * 8 });
    expect(product?.name === 'FinMatMul').toBe(bfloat16Products && product?.dtype === 'bfloat16');
  });

  it('an op whose inputs are wrong has no operations, and its own error', async () => {
    await expect(
      profile(() => tf.tidy(() => rawOp('FinPackedAttention', [tf.ones([2, 4])], {}))),
    ).rejects.toThrow(/FinPackedAttention/);
  });
});
