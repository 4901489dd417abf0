import { randomStreams } from '@fin/runtime';
import { allClose } from '@fin/testkit';
import { optionFor } from '@fin/testkit/implementations';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { Lstm, LstmError } from '../src/index.js';
import { implementations } from './implementations.js';

const streams = () => randomStreams(3);
const init = () => streams().stream('init');
const input = (shape: [number, number, number]) => streams().stream('data').normal(shape);

describe.each(implementations)('Lstm, %s', (name) => {
  const implementation = optionFor(name);

  it('draws its weights within 1 / sqrt(hidden), the same from the same stream', () => {
    const make = () => new Lstm({ inputSize: 3, hiddenSize: 16, numLayers: 2, init: init(), implementation });
    const [a, b] = [make(), make()];
    for (const [name, variable] of a.namedParameters()) {
      const values = variable.dataSync();
      expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(0.25);
      expect(Math.max(...values)).toBeGreaterThan(0.2);
      expect(Math.min(...values)).toBeLessThan(-0.2);
      expect(b.namedParameters().get(name)!.dataSync()).toEqual(values);
    }
    a.dispose();
    b.dispose();
  });

  it('ends where its output ends, and knows nothing of later time steps', () => {
    const lstm = new Lstm({ inputSize: 2, hiddenSize: 5, init: init(), implementation });
    tf.tidy(() => {
      const x = input([3, 6, 2]);
      const { output, hidden } = lstm.forward(x);
      allClose(tf.slice(output, [0, 5, 0], [3, 1, 5]).dataSync(), hidden[0].dataSync());
      const shorter = lstm.forward(tf.slice(x, [0, 0, 0], [3, 4, 2]));
      allClose(tf.slice(output, [0, 3, 0], [3, 1, 5]).dataSync(), shorter.hidden[0].dataSync());
    });
    lstm.dispose();
  });

  it('adds up gradients when it is used twice in one loss', () => {
    const lstm = new Lstm({ inputSize: 2, hiddenSize: 3, init: init(), implementation });
    const x = input([2, 3, 2]);
    const loss = () => tf.sum(lstm.forward(x).hidden[0]) as tf.Scalar;
    const once = tf.variableGrads(loss);
    const twice = tf.variableGrads(() => tf.add(loss(), loss()) as tf.Scalar);
    for (const [name, gradient] of Object.entries(once.grads)) {
      const doubled = gradient.dataSync().map((value) => 2 * value);
      allClose(twice.grads[name].dataSync(), doubled);
    }
    tf.dispose([once, twice, x]);
    lstm.dispose();
  });

  it('drops between layers while training only, the same from the same stream', () => {
    const options = { inputSize: 2, hiddenSize: 8, numLayers: 2, dropout: 0.5, init: init(), implementation };
    const lstm = new Lstm(options);
    tf.tidy(() => {
      const x = input([2, 3, 2]);
      const run = (training: boolean) => {
        const { output, hidden } = lstm.forward(x, { training, dropout: streams().stream('dropout') });
        return { output: output.dataSync(), first: hidden[0].dataSync() };
      };
      expect(run(true).output).toEqual(run(true).output);
      expect(run(true).output).not.toEqual(run(false).output);
      expect(run(true).first).toEqual(run(false).first);
      expect(() => lstm.forward(x, { training: true })).toThrow(LstmError);
    });
    lstm.dispose();
  });

  it('refuses an input of another shape', () => {
    const lstm = new Lstm({ inputSize: 2, hiddenSize: 3, init: init(), implementation });
    tf.tidy(() => {
      expect(() => lstm.forward(tf.zeros([4, 5, 3]))).toThrow('[4,5,3]');
      expect(() => lstm.forward(tf.zeros([4, 0, 2]))).toThrow(LstmError);
      expect(() => lstm.forward(tf.zeros([5, 2]) as unknown as tf.Tensor3D)).toThrow(LstmError);
    });
    lstm.dispose();
  });

  it('leaves no tensor behind over many steps', () => {
    const lstm = new Lstm({
      inputSize: 2,
      hiddenSize: 3,
      numLayers: 2,
      dropout: 0.1,
      init: init(),
      implementation,
    });
    const dropout = streams().stream('dropout');
    const x = input([2, 3, 2]);
    const step = () => {
      const { value, grads } = tf.variableGrads(
        () => tf.sum(lstm.forward(x, { training: true, dropout }).output) as tf.Scalar,
      );
      tf.dispose([value, grads]);
      tf.dispose(Object.values(lstm.forward(x)));
    };
    step();
    const before = tf.memory();
    for (let i = 0; i < 50; i++) step();
    const after = tf.memory();
    expect([after.numTensors, after.numDataBuffers, after.numBytes]).toEqual([
      before.numTensors,
      before.numDataBuffers,
      before.numBytes,
    ]);
    lstm.dispose();
    x.dispose();
  });
});

describe('an Lstm that throws leaves no tensor behind', () => {
  it('when its weights cannot be drawn', () => {
    const stream = init();
    let calls = 0;
    const failing = Object.assign(Object.create(stream), {
      uniform: (...args: Parameters<typeof stream.uniform>) => {
        if (++calls === 7) throw new Error('out of memory');
        return stream.uniform(...args);
      },
    });
    const before = tf.memory().numTensors;
    expect(() => new Lstm({ inputSize: 2, hiddenSize: 3, numLayers: 2, init: failing })).toThrow(
      'out of memory',
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  it('when dropout lacks its random stream', () => {
    const lstm = new Lstm({ inputSize: 2, hiddenSize: 3, numLayers: 2, dropout: 0.5, init: init() });
    const x = input([2, 3, 2]);
    const before = tf.memory().numTensors;
    expect(() => lstm.forward(x, { training: true })).toThrow(LstmError);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose(x);
    lstm.dispose();
  });
});

describe('Lstm options', () => {
  it.each([
    { inputSize: 0, hiddenSize: 3 },
    { inputSize: 2, hiddenSize: 2.5 },
    { inputSize: 2, hiddenSize: 3, numLayers: 0 },
    { inputSize: 2, hiddenSize: 3, dropout: 1 },
  ])('refuses %o', (options) => {
    expect(() => new Lstm({ ...options, init: init() })).toThrow(LstmError);
  });
});
