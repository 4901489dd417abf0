import { readFileSync } from 'node:fs';
import { parity } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import type { AdamWSettings, Moments8bit } from '../src/index.js';
import { adamW8bit, composed, KernelInputError } from '../src/index.js';
import { dequantizeBlockwise, quantizeBlockwise } from '../src/low-bit/blockwise.js';
import { dynamicMap } from '../src/low-bit/dynamic-map.js';
import { implementations } from './support/implementations.js';
import { chooseInstructions, instructionSets } from './support/instructions.js';
import { normal } from './support/tensors.js';

/** What `tooling/oracle/train-8bit.py` wrote; arrays in base64. */
interface Oracle {
  readonly block: number;
  readonly maps: Record<'signed' | 'unsigned', string>;
  readonly quantization: Record<
    string,
    Record<'values' | 'codes' | 'absmax' | 'dequantized' | 'cpuCodes', string> & {
      readonly map: 'signed' | 'unsigned';
    }
  >;
  readonly trajectory: {
    readonly steps: number;
    readonly shapes: Record<string, number[]>;
    readonly scales: Record<string, number>;
    readonly settings: { lr: number; betas: [number, number]; eps: number; weight_decay: number };
    readonly tensors: Record<
      string,
      { readonly paper: Record<'weights' | 'm' | 'v' | 'am' | 'av', string>; readonly own: string }
    >;
  };
}

const oracle = JSON.parse(
  readFileSync(new URL('./fixtures/adam-w-8bit.json', import.meta.url), 'utf8'),
) as Oracle;
const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'base64'));
const floats = (text: string) => new Float32Array(bytes(text).buffer);
const settings: AdamWSettings = {
  learningRate: 0.1,
  beta1: 0.9,
  beta2: 0.999,
  eps: 1e-8,
  weightDecay: 0.01,
  step: 1,
};

afterEach(() => chooseInstructions('', 0));

describe('dynamic quantization', () => {
  it.each(['signed', 'unsigned'] as const)('has the map of bitsandbytes, %s', (name) => {
    expect(dynamicMap(name === 'signed')).toEqual(floats(oracle.maps[name]));
  });

  it.each(Object.entries(oracle.quantization))('gives the codes of bitsandbytes: %s', (_, one) => {
    const map = floats(oracle.maps[one.map]);
    const values = floats(one.values);
    const { codes, absmax } = quantizeBlockwise(values, map, oracle.block);
    expect(absmax).toEqual(floats(one.absmax));
    expect(codes).toEqual(bytes(one.codes));
    expect(dequantizeBlockwise({ codes, absmax }, map, oracle.block)).toEqual(floats(one.dequantized));
  });

  it.each(Object.entries(oracle.quantization))(
    'gives the codes of its CPU kernel, which first rounds to 65,536 steps: %s',
    (_, one) => {
      const map = floats(oracle.maps[one.map]);
      const values = floats(one.values);
      const f = Math.fround;
      const stepped = values.map((value, i) => {
        const start = Math.floor(i / oracle.block) * oracle.block;
        const largest = values
          .subarray(start, start + oracle.block)
          .reduce((a, b) => Math.max(a, Math.abs(b)), 0);
        if (largest === 0) return -1; // it takes code 0 there
        const share = Math.min(Math.max(f(value * f(1 / largest)), -1), 1);
        const step = Math.floor(f(f(f(f(share + 1) * 0.5) * 65535) + 0.5));
        return f(f((step / 65535) * 2) - 1);
      });
      const cpu = bytes(one.cpuCodes);
      const codes = stepped.map((value) => {
        let code = 0;
        while (code < map.length - 1 && f(f(map[code] + map[code + 1]) / 2) < value) code++;
        return code;
      });
      const apart = cpu.filter((code, i) => Math.abs(code - codes[i]) > 0).length;
      expect(apart).toBe(0);
    },
  );
});

/** Whole blocks, a rest, no element, a scalar, one below and one above a task of the native op. */
const shapes = [[16, 16], [700], [0, 3], [], [5], [261, 257]];
const sizes = shapes.map((shape) => tf.util.sizeFromShape(shape));

/** Three updates from zero moments; the gradients lie together but for the last. */
function run(make: typeof adamW8bit): { weights: Float32Array[]; moments: Moments8bit[] } {
  let weights = shapes.map((shape, i) => normal(`weights ${i}`, shape));
  const state = make(sizes.map((size) => ({ size, moments: null })));
  const most = sizes.slice(0, -1).reduce((a, b) => a + b);
  const gradients = [normal('gradients', [most]), normal('gradient', shapes.at(-1)!, 1e-6)];
  const factor = tf.scalar(0.7);
  for (let step = 1; step <= 3; step++) {
    const each = shapes.map((_, i) => ({ ...settings, step, learningRate: i % 2 ? 0.1 : 0.02 }));
    const next = state.update({ weights, settings: each, gradients, gradientFactor: factor });
    tf.dispose(weights);
    weights = next;
  }
  const result = {
    weights: weights.map((tensor) => tensor.dataSync<'float32'>().slice()),
    moments: state.moments(),
  };
  tf.dispose([weights, gradients, factor]);
  state.dispose();
  return result;
}

describe.each(implementations)('adamW8bit, %s', (_, { adamW8bit }) => {
  it('gives the weights, codes and scales of the paper with the quantization of bitsandbytes, after 100 updates', () => {
    const { steps, shapes, scales, tensors, settings: given } = oracle.trajectory;
    const names = Object.keys(shapes);
    const filled = (size: number, value: (i: number) => number) =>
      Float32Array.from({ length: size }, (_, i) => value(i));
    let weights: tf.Tensor[] = names.map((name) =>
      tf.tensor(
        filled(tf.util.sizeFromShape(shapes[name]), (i) => Math.sin(0.37 * i + name.length)),
        shapes[name],
      ),
    );
    const state = adamW8bit(weights.map(({ size }) => ({ size, moments: null })));
    for (let step = 1; step <= steps; step++) {
      const gradients = names.map((name, number) =>
        tf.tensor1d(
          filled(weights[number].size, (i) => {
            const wave = Math.sin(0.7 * i + 0.13 * step * (number + 1) + number);
            return scales[name] * wave * Math.cos(0.011 * i * i);
          }),
        ),
      );
      const [beta1, beta2] = given.betas;
      const each = names.map(() => ({
        learningRate: given.lr * 0.5 * (1 + Math.cos((Math.PI * (step - 1)) / steps)),
        ...{ beta1, beta2, eps: given.eps, weightDecay: given.weight_decay, step },
      }));
      const next = state.update({ weights, settings: each, gradients });
      tf.dispose([weights, gradients]);
      weights = next;
    }
    for (const [i, { mean, meanSquare }] of state.moments().entries()) {
      const { paper, own } = tensors[names[i]];
      expect(mean).toEqual({ codes: bytes(paper.m), absmax: floats(paper.am) });
      expect(meanSquare).toEqual({ codes: bytes(paper.v), absmax: floats(paper.av) });
      const actual = weights[i].dataSync<'float32'>();
      expect(actual).toEqual(floats(paper.weights));
      // Its own optimizer rounds in another order. Where a moment then falls on the other side of a midpoint, the weight is apart.
      const { atol } = parity('adamw-8bit');
      const apart = floats(own).filter((weight, k) => Math.abs(weight - actual[k]) > atol);
      expect(apart.length).toBeLessThanOrEqual(0.001 * actual.length);
    }
    tf.dispose(weights);
    state.dispose();
  });

  it('gives the bits of the composed twin', () => {
    expect(run(adamW8bit)).toEqual(run(composed.adamW8bit));
  });

  it('goes on from its moments', () => {
    const weights = normal('weights', [600]);
    const gradient = normal('gradient', [600]);
    const first = adamW8bit([{ size: 600, moments: null }]);
    const twice = [1, 2].map(
      (step) =>
        first.update({ weights: [weights], settings: [{ ...settings, step }], gradients: [gradient] })[0],
    );
    const one = adamW8bit([{ size: 600, moments: null }]);
    one.update({ weights: [weights], settings: [settings], gradients: [gradient] })[0].dispose();
    const other = adamW8bit([{ size: 600, moments: one.moments()[0] }]);
    const [again] = other.update({
      weights: [weights],
      settings: [{ ...settings, step: 2 }],
      gradients: [gradient],
    });
    expect(again.dataSync()).toEqual(twice[1].dataSync());
    expect(other.moments()).toEqual(first.moments());
    tf.dispose([weights, gradient, twice, again]);
    for (const state of [first, one, other]) state.dispose();
  });

  it('keeps no tensor after an update, and none after dispose', () => {
    const before = tf.memory().numTensors;
    const [weights, gradient] = [normal('weights', [600]), normal('gradient', [600])];
    const state = adamW8bit([{ size: 600, moments: null }]);
    const update = () =>
      tf.dispose(state.update({ weights: [weights], settings: [settings], gradients: [gradient] }));
    update();
    const { numTensors } = tf.memory();
    update();
    state.moments();
    expect(tf.memory().numTensors).toBe(numTensors);
    state.dispose();
    tf.dispose([weights, gradient]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each<readonly [what: string, change: object, message: RegExp]>([
    ['other weights', { weights: [tf.ones([3])] }, /the weights have \[3\] elements where \[4\] are needed/],
    ['too few settings', { settings: [] }, /settings for 0 tensors, but 1 tensors/],
    ['too few gradients', { gradients: [] }, /4 weights, but gradients of 0/],
    [
      'a divided gradient',
      { gradients: [tf.ones([3]), tf.ones([1])] },
      /the gradient of tensor 0 lies in two tensors/,
    ],
  ])('refuses %s', (_, change, message) => {
    tf.tidy(() => {
      const state = adamW8bit([{ size: 4, moments: null }]);
      const update = { weights: [tf.ones([2, 2])], settings: [settings], gradients: [tf.ones([4])] };
      expect(() => state.update({ ...update, ...change })).toThrow(KernelInputError);
      expect(() => state.update({ ...update, ...change })).toThrow(message);
      state.dispose();
    });
  });
});

describe.runIf(instructionSets.length > 0)('adamW8bit', () => {
  it.each(instructionSets.map((name, i) => [name, [1, 3][i % 2]] as const))(
    'gives the same bits by %s on %i threads',
    (name, threads) => {
      const usual = run(adamW8bit);
      chooseInstructions(name, threads);
      expect(run(adamW8bit)).toEqual(usual);
    },
  );

  it('finds the nearest code of numbers around every midpoint', () => {
    // One update with beta1 = beta2 = 0 stores the gradient and its square.
    const map = dynamicMap(true);
    const midpoints = [...map.subarray(1)].map((value, i) => Math.fround((map[i] + value) / 2));
    const around = midpoints.flatMap((value) => {
      const ulp = 2 ** (Math.floor(Math.log2(Math.abs(value))) - 23);
      return [value - ulp, value, value + ulp];
    });
    const values = Float32Array.from([...around, ...map, 2 ** -24, -(2 ** -24), 1e-9, -1e-9, -0]);
    const blocks = Math.ceil(values.length / 255);
    // Each block begins with 1, the largest magnitude.
    const padded = Float32Array.from({ length: blocks * 256 }, (_, i) =>
      i % 256 === 0 ? 1 : (values[(i >> 8) * 255 + (i % 256) - 1] ?? 0),
    );
    const gradient = tf.tensor1d(padded);
    const weights = tf.zeros([padded.length]);
    const moments = [adamW8bit, composed.adamW8bit].map((make) => {
      const state = make([{ size: padded.length, moments: null }]);
      const all = { ...settings, beta1: 0, beta2: 0 };
      tf.dispose(state.update({ weights: [weights], settings: [all], gradients: [gradient] }));
      const read = state.moments();
      state.dispose();
      return read;
    });
    expect(moments[0]).toEqual(moments[1]);
    tf.dispose([gradient, weights]);
  });
});
