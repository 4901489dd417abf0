import { randomStreams } from '@fin/runtime';
import { allClose } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FitOptions, LogEvent, WeightedLoss } from '../src/index.js';
import { AdamW, decayGroups, fit, TrainInputError } from '../src/index.js';
import type { LineBatch } from './line.js';
import { Line, lineData } from './line.js';

let tensorsBefore: number;
beforeEach(() => {
  tensorsBefore = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors).toBe(tensorsBefore));

/** Weight of each of the 20 examples: most have little, three have much. */
const WEIGHTS = Array.from({ length: 20 }, (_, i) => (i % 7 === 3 ? 5 : 0.25 + (i % 3) / 4));

type Loss = FitOptions<LineBatch>['loss'];

/** Weighted mean of the squared errors, like a cross-entropy with class weights. */
const weightedMean =
  (line: Line, weightOf: (weights: tf.Tensor1D) => WeightedLoss['weight'] | null): Loss =>
  ({ x, y, indices }) => {
    const weights = tf.tensor1d(indices.map((i) => WEIGHTS[i]));
    const out = tf.add(tf.matMul(x, line.weight as unknown as tf.Tensor2D), line.bias);
    const errors = tf.squaredDifference(tf.reshape(out, [-1]), y);
    const loss = tf.div(tf.sum(tf.mul(errors, weights)), tf.sum(weights)) as tf.Scalar;
    const weight = weightOf(weights);
    return weight === null ? loss : { loss, weight };
  };

const asNumber = (weights: tf.Tensor1D) =>
  (weights.dataSync() as Float32Array).reduce((sum, weight) => sum + weight, 0);
const asTensor = (weights: tf.Tensor1D) => tf.sum(weights) as tf.Scalar;

async function train(loss: (line: Line) => Loss, settings: Partial<FitOptions<LineBatch>>) {
  const line = new Line();
  const optimizer = new AdamW(decayGroups(line, 0), { learningRate: 0.1 });
  const norms: number[] = [];
  const losses: number[] = [];
  try {
    await fit<LineBatch>({
      model: line,
      optimizer,
      data: lineData,
      batchSize: 12,
      epochs: 3,
      random: randomStreams(7),
      loss: loss(line),
      maxGradNorm: 1e6,
      logEvery: 1,
      ...settings,
      onEvent: (event) => {
        if (event.type !== 'log') return;
        norms.push((event as LogEvent).gradNorm!);
        losses.push(event.loss);
      },
    });
    return { norms, losses, values: line.values() };
  } finally {
    optimizer.dispose();
    line.dispose();
  }
}

describe('a weighted mean with gradient accumulation', () => {
  // 20 examples: batches of 12 and 8, or four of 3, and 3, 3, 2.
  const accumulated = { batchSize: 3, gradientAccumulationSteps: 4 };

  it.each([
    ['number', asNumber],
    ['scalar', asTensor],
  ])('has the gradient of the large batch when the weight is returned as a %s', async (_, weightOf) => {
    const large = await train((line) => weightedMean(line, () => null), {});
    const small = await train((line) => weightedMean(line, weightOf), accumulated);
    allClose(small.norms, large.norms, { rtol: 1e-5 });
    allClose(small.values, large.values, { atol: 2e-5 });
    // Without the weight it is another gradient.
    const unweighted = await train((line) => weightedMean(line, () => null), accumulated);
    expect(Math.abs(unweighted.norms[0] / large.norms[0] - 1)).toBeGreaterThan(0.01);
  });

  it('changes nothing without accumulation, bit for bit', async () => {
    const plain = await train((line) => weightedMean(line, () => null), {});
    const weighted = await train((line) => weightedMean(line, asNumber), {});
    expect(weighted).toEqual(plain);
  });

  it('changes nothing when the weight is the number of examples', async () => {
    const plain = await train((line) => (batch) => line.loss(batch), accumulated);
    const weighted = await train(
      (line) => (batch) => ({ loss: line.loss(batch), weight: batch.indices.length }),
      accumulated,
    );
    allClose(weighted.norms, plain.norms, { rtol: 1e-6 });
    allClose(weighted.losses, plain.losses, { rtol: 1e-6 });
    allClose(weighted.values, plain.values, { atol: 2e-6 });
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('refuses the weight %s', async (weight) => {
    const run = train((line) => (batch) => ({ loss: line.loss(batch), weight }), accumulated);
    await expect(run).rejects.toThrow(TrainInputError);
    await expect(run).rejects.toThrow(`the weight ${weight}`);
  });

  it('refuses an update with weights for some batches only', async () => {
    const run = train(
      (line) => (batch) =>
        batch.indices.includes(0)
          ? line.loss(batch)
          : { loss: line.loss(batch), weight: tf.scalar(batch.indices.length) },
      { batchSize: 3, gradientAccumulationSteps: 7 },
    );
    await expect(run).rejects.toThrow('a weight for some batches');
  });
});
