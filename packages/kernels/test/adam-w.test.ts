import { castNative } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import type { AdamWSettings } from '../src/index.js';
import { adamW, adamWMoments, KernelInputError } from '../src/index.js';
import { fused, implementations } from './support/implementations.js';
import { chooseInstructions, instructionSets } from './support/instructions.js';
import { normal, read } from './support/tensors.js';

const settings: AdamWSettings = {
  learningRate: 0.1,
  beta1: 0.9,
  beta2: 0.999,
  eps: 1e-8,
  weightDecay: 0.01,
  step: 3,
};
const others: AdamWSettings = { ...settings, learningRate: 0.02, weightDecay: 0, step: 1 };

/** Element by element in float32, rounded after each operation. */
function reference(
  weights: ArrayLike<number>,
  gradient: ArrayLike<number>,
  moments: readonly [ArrayLike<number>, ArrayLike<number>],
  { learningRate, beta1, beta2, eps, weightDecay, step }: AdamWSettings,
  factor: number,
): { weights: number[]; mean: number[]; square: number[] } {
  const f = Math.fround;
  const [share1, share2] = [f(1 - f(beta1)), f(1 - f(beta2))];
  const correction2 = Math.sqrt(((1 - beta2 ** step) * share2) / (1 - beta2));
  const rate = f((learningRate * (1 - beta1) * correction2) / share1 / (1 - beta1 ** step));
  const epsilon = f(eps * correction2);
  const decay = f(1 - learningRate * weightDecay);
  const result = { weights: [] as number[], mean: [] as number[], square: [] as number[] };
  for (let i = 0; i < weights.length; i++) {
    const g = f(gradient[i] * f(factor));
    const mean = f(moments[0][i] + f(f(g - moments[0][i]) * share1));
    const square = f(moments[1][i] + f(f(f(g * g) - moments[1][i]) * share2));
    const change = f(f(mean * rate) / f(f(Math.sqrt(square)) + epsilon));
    result.weights.push(f(f(weights[i] * decay) - change));
    result.mean.push(mean);
    result.square.push(square);
  }
  return result;
}

/** One of each vector's remainder, an empty one, a scalar, and a large one, whose memory is used again. */
const shapes = [[7], [16, 16], [], [0, 3], [33, 5], [261, 257]];
const total = shapes.reduce((sum, shape) => sum + tf.util.sizeFromShape(shape), 0);

afterEach(() => chooseInstructions('', 0));

/** Weights, gradients and moments; the gradients are divided otherwise than the weights. */
function inputs() {
  const weights = shapes.map((shape, i) => normal(`weights ${i}`, shape));
  const gradient = normal<tf.Tensor1D>('gradient', [total]);
  const gradients = tf.split(gradient, [3, total - 5, 2]);
  const mean = normal<tf.Tensor1D>('mean', [total]);
  const square = tf.tidy(() => tf.square(normal('square', [total])) as tf.Tensor1D);
  const moments = adamWMoments([mean], [square]);
  return { weights, gradient, gradients, mean, square, moments };
}

/** `fused` where there are native ops; both agree to the last bit on native TensorFlow. */
describe.each(implementations)('adamW, %s', (_, { adamW }) => {
  it('equals float32 arithmetic bit for bit, with settings for each tensor', () => {
    const { weights, gradient, gradients, mean, square, moments } = inputs();
    const factor = tf.scalar(0.7);
    const perTensor = shapes.map((_, i) => (i % 2 ? others : settings));
    const result = adamW({ weights, settings: perTensor, gradients, moments, gradientFactor: factor });
    const data = [gradient, mean, square].map((tensor) => tensor.dataSync());
    const after = result.moments.dataSync();
    let at = 0;
    for (const [i, tensor] of weights.entries()) {
      const part = data.map((values) => values.subarray(at, at + tensor.size));
      const expected = reference(tensor.dataSync(), part[0], [part[1], part[2]], perTensor[i], 0.7);
      expect(result.weights[i].shape).toEqual(tensor.shape);
      expect(Array.from(result.weights[i].dataSync())).toEqual(expected.weights);
      expect(Array.from(after.subarray(at, at + tensor.size))).toEqual(expected.mean);
      expect(Array.from(after.subarray(total + at, total + at + tensor.size))).toEqual(expected.square);
      at += tensor.size;
    }
    tf.dispose([weights, gradient, gradients, mean, square, moments, factor, result.weights]);
    result.moments.dispose();
  });

  it('changes neither old weights nor earlier results', () => {
    const { weights, gradient, gradients, mean, square, moments } = inputs();
    const perTensor = shapes.map(() => settings);
    const before = weights.map((tensor) => tensor.dataSync().slice());
    let state = { weights, moments };
    const kept: { tensors: tf.Tensor[]; values: tf.TypedArray[] }[] = [];
    for (let step = 0; step < 4; step++) {
      const next = adamW({ weights: state.weights, settings: perTensor, gradients, moments: state.moments });
      if (step % 2) tf.dispose(state.weights); // Its memory is free for the next update.
      if (next.moments !== state.moments) state.moments.dispose();
      if (step % 2 === 0 && step > 0) {
        kept.push({ tensors: next.weights, values: next.weights.map((tensor) => tensor.dataSync().slice()) });
      }
      state = next;
    }
    for (const { tensors, values } of kept) {
      expect(tensors.map((tensor) => (tensor.isDisposed ? null : tensor.dataSync()))).toEqual(
        tensors.map((tensor, i) => (tensor.isDisposed ? null : values[i])),
      );
    }
    expect(weights.map((tensor) => tensor.dataSync())).toEqual(before);
    tf.dispose([weights, gradient, gradients, mean, square, state.weights, ...kept.map((k) => k.tensors)]);
    state.moments.dispose();
  });

  it.each<readonly [what: string, change: object, message: RegExp]>([
    ['no weights', { weights: [], settings: [], gradients: [] }, /there are no weights/],
    ['too few settings', { settings: [] }, /settings for 0 tensors, but 1 tensors/],
    ['too few gradients', { gradients: [] }, /4 weights, but gradients of 0/],
    ['other moments', { moments: tf.zeros([2, 3]) }, /moments have the shape \[2,3\]/],
  ])('refuses %s', (_, change, message) => {
    tf.tidy(() => {
      const moments = adamWMoments([tf.zeros([4])], [tf.zeros([4])]);
      const update = { weights: [tf.ones([2, 2])], settings: [settings], gradients: [tf.ones([4])], moments };
      expect(() => adamW({ ...update, ...change })).toThrow(KernelInputError);
      expect(() => adamW({ ...update, ...change })).toThrow(message);
    });
  });
});

describe.runIf(instructionSets.length > 0)('adamW', () => {
  it.each(instructionSets.map((name, i) => [name, [1, 3][i % 2]] as const))(
    'gives the same bits by %s on %i threads',
    (name, threads) => {
      const run = () => {
        const { weights, gradient, gradients, mean, square, moments } = inputs();
        const result = adamW({ weights, settings: shapes.map(() => settings), gradients, moments });
        tf.dispose([weights, gradient, gradients, mean, square]);
        return read(...result.weights, result.moments);
      };
      const usual = run();
      chooseInstructions(name, threads);
      expect(run()).toEqual(usual);
    },
  );
});

it.skipIf(!fused).each(['bfloat16', 'float16'] as const)(
  'gradients in %s are taken as the float32 numbers that they are',
  (dtype) => {
    const { weights, gradients, moments, mean, square, gradient } = inputs();
    const low = gradients.map((part) => castNative(part, dtype));
    const wide = low.map((part) => castNative(part, 'float32'));
    const again = adamWMoments([mean], [square]);
    const each = weights.map(() => settings);
    const results = [
      { gradients: low, moments },
      { gradients: wide, moments: again },
    ].map((given) => adamW({ weights, settings: each, ...given }).weights);
    const [a, b] = results.map((tensors) => tensors.flatMap((tensor) => [...tensor.dataSync()]));
    expect(a).toEqual(b);
    tf.dispose([weights, gradients, moments, again, mean, square, gradient, low, wide, results] as never);
  },
);
