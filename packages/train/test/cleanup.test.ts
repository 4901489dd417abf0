import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GradScaler } from '@fin/amp';
import { countTensors, NO_GROWTH, randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { FitOptions } from '../src/index.js';
import { AdamW, decayGroups, fit, GradientOverflowError, NonFiniteLossError } from '../src/index.js';
import type { LineBatch } from './line.js';
import { Line, lineData } from './line.js';

type Settings = Partial<FitOptions<LineBatch>> & { readonly line?: Line };

async function train({ line = new Line(), ...settings }: Settings): Promise<void> {
  const optimizer = settings.optimizer ?? new AdamW(decayGroups(line, 0), { learningRate: 0.1 });
  try {
    await fit<LineBatch>({
      model: line,
      optimizer,
      data: lineData,
      batchSize: 4,
      epochs: 3,
      random: randomStreams(7),
      loss: (batch) => line.loss(batch),
      logEvery: 1,
      ...settings,
    });
  } finally {
    optimizer.dispose();
    line.dispose();
  }
}

function fail(): never {
  throw new Error('no more coffee');
}

/** The loss itself, with a gradient that throws. */
const brokenGradient = tf.customGrad((x) => ({
  value: tf.clone(x as tf.Tensor),
  gradFunc: () => fail(),
}));

/** The loss itself, with an infinite gradient. */
const infiniteGradient = tf.customGrad((x) => ({
  value: tf.clone(x as tf.Tensor),
  gradFunc: (dy) => tf.mul(dy, Number.POSITIVE_INFINITY),
}));

describe('a run that throws leaves no tensor behind', () => {
  const line = () => new Line();
  const cases: Readonly<Record<string, (line: Line) => Settings>> = {
    'in the loss, before any op': () => ({ loss: fail }),
    'in the loss, after some ops': (line) => ({
      loss: (batch) => {
        line.loss(batch);
        return fail();
      },
    }),
    'in the loss of the second batch of an update': (line) => {
      let calls = 0;
      return {
        gradientAccumulationSteps: 3,
        loss: (batch) => (++calls === 2 ? fail() : line.loss(batch)),
      };
    },
    'in the loss of the second weighted batch of an update': (line) => {
      let calls = 0;
      return {
        gradientAccumulationSteps: 3,
        loss: (batch) => {
          const loss = line.loss(batch);
          return { loss, weight: ++calls === 2 ? Number.NaN : tf.scalar(4) };
        },
      };
    },
    'in the backward pass': (line) => ({ loss: (batch) => brokenGradient(line.loss(batch)) as tf.Scalar }),
    'in the data': () => ({
      data: { size: 20, batch: (_, { step }) => (step === 1 ? fail() : lineData.batch(Int32Array.of(1))) },
    }),
    'in evaluate': () => ({ evaluate: fail }),
    'in evaluate, with a moving average': () => ({ evaluate: fail, averageDecay: 0.9 }),
    'in a listener': () => ({ onEvent: ({ type }) => (type === 'log' ? fail() : undefined) }),
    'in the schedule': () => ({ schedule: () => (step) => (step === 2 ? Number.NaN : 1) }),
    'in the optimizer': (line) => {
      const optimizer = new AdamW(decayGroups(line, 0));
      const step = optimizer.step.bind(optimizer);
      let calls = 0;
      optimizer.step = (gradients, rate) => (++calls === 2 ? fail() : step(gradients, rate));
      return { optimizer, maxGradNorm: 1 };
    },
    'in the optimizer, with a gradient scaler': (line) => {
      const optimizer = new AdamW(decayGroups(line, 0));
      optimizer.step = fail;
      return { optimizer, maxGradNorm: 1, gradientScaler: new GradScaler() };
    },
    'in the gradient scaler': () => ({
      gradientScaler: Object.assign(new GradScaler(), { step: fail }) as unknown as GradScaler,
    }),
  };

  it.each(Object.entries(cases))('%s', async (_, settings) => {
    const growth = await countTensors(async () => {
      const model = line();
      await expect(train({ line: model, ...settings(model) })).rejects.toThrow();
    });
    expect(growth).toEqual(NO_GROWTH);
  });
});

it('an evaluation that throws leaves the trained weights in the model, not their average', async () => {
  const weights = async (evaluate: FitOptions<LineBatch>['evaluate']) => {
    const line = new Line();
    const dispose = line.dispose.bind(line);
    line.dispose = () => undefined;
    await train({ line, maxSteps: 5, averageDecay: 0.9, evaluateEvery: 5, evaluate }).catch(() => undefined);
    const values = line.values();
    dispose();
    return values;
  };
  let trained: number[] = [];
  const line = new Line();
  await train({
    line,
    maxSteps: 5,
    onEvent: ({ type, ...event }) => {
      if (type === 'step' && (event as { step: number }).step === 5) trained = line.values();
    },
  });
  expect(await weights(fail)).toEqual(trained);
  expect(await weights(() => ({ loss: 1 }))).not.toEqual(trained); // a run that ends well has the average
});

it('a checkpoint folder can be opened again after a failed run', async () => {
  const home = await mkdtemp(join(tmpdir(), 'fin-cleanup-'));
  const checkpoints = { dir: join(home, 'checkpoints'), every: 1, resume: true };
  await expect(train({ checkpoints, evaluate: fail })).rejects.toThrow('no more coffee');
  await train({ checkpoints });
  expect((await readdir(checkpoints.dir)).filter((name) => !name.startsWith('step-'))).toEqual([]);
  await rm(home, { recursive: true });
});

describe('a gradient that is not finite at any loss scale', () => {
  it('ends the run and names its parameter', async () => {
    const growth = await countTensors(async () => {
      const line = new Line();
      let updates = 0;
      const error = await train({
        line,
        epochs: 100,
        loss: (batch) => {
          const { x, y } = batch;
          const out = tf.matMul(x, line.weight as unknown as tf.Tensor2D);
          const bias = infiniteGradient(line.bias) as tf.Tensor;
          return tf.mean(tf.squaredDifference(tf.reshape(tf.add(out, bias), [-1]), y)) as tf.Scalar;
        },
        gradientScaler: new GradScaler({ initScale: 1024 }),
        onEvent: ({ type }) => {
          if (type === 'step') updates++;
        },
      }).then(null, (thrown: unknown) => thrown as GradientOverflowError);
      expect(error).toBeInstanceOf(GradientOverflowError);
      expect(error).toMatchObject({ kind: 'environment', scale: 1, step: 10, parameters: ['bias'] });
      expect((error as Error).message).toContain('the gradient of bias is infinite or NaN at update 11');
      expect((error as Error).message).not.toContain('examples');
      expect(updates).toBe(10);
    });
    expect(growth).toEqual(NO_GROWTH);
  });

  it('is reported as a non-finite loss if the loss is not finite', async () => {
    const line = new Line();
    const run = train({
      line,
      epochs: 100,
      logEvery: 1000,
      batchSize: 20,
      maxSteps: 1000,
      loss: (batch) => tf.mul(line.loss(batch), Number.NaN) as tf.Scalar,
      evaluateEvery: 1000,
      gradientScaler: new GradScaler({ initScale: 2 }),
    });
    await expect(run).rejects.toThrow(NonFiniteLossError);
  });
});
