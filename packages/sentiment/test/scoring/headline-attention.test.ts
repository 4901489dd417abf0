import { countTensors, NO_GROWTH, randomStreams } from '@fin/runtime';
import { allClose } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { HeadlineAttentionInput } from '../../src/index.js';
import { HeadlineAttention } from '../../src/index.js';

const make = () => new HeadlineAttention({ init: randomStreams(4).stream('init') });

/** Two headlines, none, three; an empty place holds what must not matter. */
const input = (empty = 0): HeadlineAttentionInput => ({
  probabilities: tf.tensor3d([
    [
      [0.7, 0.1, 0.2],
      [0.1, 0.8, 0.1],
      [empty, empty, empty],
    ],
    [
      [empty, empty, empty],
      [empty, empty, empty],
      [empty, empty, empty],
    ],
    [
      [0.2, 0.2, 0.6],
      [0.5, 0.3, 0.2],
      [0.05, 0.9, 0.05],
    ],
  ]),
  ranks: tf.tensor2d([
    [1, 2, empty],
    [empty, empty, empty],
    [1, 5, 25],
  ]),
  mask: tf.tensor2d([
    [1, 1, 0],
    [0, 0, 0],
    [1, 1, 1],
  ]),
});

const means = [
  [0.4, 0.45, 0.15],
  [0, 0, 0],
  [0.25, 1.4 / 3, 0.85 / 3],
];

/** Gives the query other values than its zeros. */
function wake(attention: HeadlineAttention): void {
  const query = attention.namedParameters().get('query.weight')!;
  query.assign(tf.tidy(() => tf.reshape(tf.linspace(-2, 3, query.size), query.shape)));
}

describe('HeadlineAttention', () => {
  it('starts as the mean of the day', () => {
    const attention = make();
    tf.tidy(() => {
      allClose(attention.forward(input()).arraySync(), means);
    });
    attention.dispose();
  });

  it('weighs headlines once it has learned to, within the day, and empty places not at all', () => {
    const attention = make();
    wake(attention);
    tf.tidy(() => {
      const weighed = attention.forward(input());
      const rows = weighed.arraySync();
      expect(rows[1]).toEqual([0, 0, 0]);
      for (const row of [rows[0], rows[2]]) {
        expect(row[0] + row[1] + row[2]).toBeCloseTo(1, 5);
      }
      expect(Math.abs(rows[2][0] - means[2][0])).toBeGreaterThan(1e-3);
      allClose(attention.forward(input(0.9)).arraySync(), rows);
    });
    attention.dispose();
  });

  it('is differentiable, against central differences', () => {
    const attention = make();
    wake(attention);
    const parameters = [...attention.namedParameters().values()];
    const loss = () =>
      tf.sum(
        tf.mul(attention.forward(input()), tf.tensor2d([1, -2, 3, 4, 5, 6, -1, 2, 1], [3, 3])),
      ) as tf.Scalar;
    tf.tidy(() => {
      const { grads } = tf.variableGrads(loss, parameters);
      for (const variable of parameters) {
        const values = variable.dataSync<'float32'>().slice();
        const at = (index: number, step: number) => {
          const moved = values.slice();
          moved[index] += step;
          variable.assign(tf.tensor(moved, variable.shape));
          const [value] = loss().dataSync();
          variable.assign(tf.tensor(values, variable.shape));
          return value;
        };
        const STEP = 1e-2;
        const numeric = Array.from(values, (_, i) => (at(i, STEP) - at(i, -STEP)) / (2 * STEP));
        allClose(grads[variable.name].dataSync(), numeric, { rtol: 2e-2, atol: 2e-3 }); // float32 differences
      }
    });
    attention.dispose();
  });

  it('learns to look at the first headline only', () => {
    const attention = make();
    const batch = input();
    const target = tf.tensor2d([0.7, 0.1, 0.2, 0, 0, 0, 0.2, 0.2, 0.6], [3, 3]);
    const parameters = [...attention.namedParameters().values()];
    const loss = () => tf.mean(tf.squaredDifference(attention.forward(batch), target)) as tf.Scalar;
    const before = tf.tidy(() => loss().dataSync()[0]);
    for (let step = 0; step < 300; step++) {
      tf.tidy(() => {
        const { grads } = tf.variableGrads(loss, parameters);
        for (const variable of parameters) {
          variable.assign(tf.sub(variable, tf.mul(grads[variable.name], 5)));
        }
      });
    }
    expect(tf.tidy(() => loss().dataSync()[0])).toBeLessThan(before / 10);
    tf.dispose([batch.probabilities, batch.ranks, batch.mask, target]);
    attention.dispose();
  });

  it('leaks nothing', async () => {
    const use = () => {
      const attention = make();
      tf.dispose(tf.tidy(() => attention.forward(input())));
      attention.dispose();
    };
    use();
    expect(await countTensors(use)).toEqual(NO_GROWTH);
  });
});
