import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GradScaler } from '@fin/amp';
import { countTensors, NO_GROWTH, randomStreams } from '@fin/runtime';
import { allClose } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FitEvent, FitOptions, LogEvent } from '../src/index.js';
import { AdamW, CheckpointMismatchError, decayGroups, fit, NonFiniteLossError } from '../src/index.js';
import type { LineBatch } from './line.js';
import { Line, lineData } from './line.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fin-scaler-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

type Settings = Partial<FitOptions<LineBatch>> & {
  /** Updates of which the gradient, though not the loss, is infinite. */
  readonly spoiltAt?: readonly number[];
  /** The update of which the loss is not a number. */
  readonly nanAt?: number;
};

/** The loss itself, with an infinite gradient. */
const spoil = tf.customGrad((x) => ({
  value: tf.clone(x as tf.Tensor),
  gradFunc: (dy) => tf.mul(dy, Number.POSITIVE_INFINITY),
}));

async function train({ spoiltAt = [], nanAt, ...settings }: Settings = {}) {
  const line = new Line();
  const optimizer = new AdamW(decayGroups(line, 0.01), { learningRate: 0.1 });
  const logs: LogEvent[] = [];
  const weights: number[][] = [];
  try {
    const result = await fit<LineBatch>({
      model: line,
      optimizer,
      data: lineData,
      batchSize: 5,
      epochs: 3, // 4 updates each
      random: randomStreams(5),
      maxGradNorm: 1,
      logEvery: 1,
      loss: (batch, { step }) => {
        const loss = line.loss(batch);
        if (step === nanAt) return tf.mul(loss, Number.NaN) as tf.Scalar;
        return spoiltAt.includes(step) ? (spoil(loss) as tf.Scalar) : loss;
      },
      ...settings,
      onEvent: (event: FitEvent) => {
        settings.onEvent?.(event);
        if (event.type === 'log') logs.push(event);
        if (event.type === 'step') weights.push(line.values());
      },
    });
    return { result, logs, weights };
  } finally {
    optimizer.dispose();
    line.dispose();
  }
}

describe('a gradient scaler', () => {
  it.each([1, 2])(
    'changes neither weights nor losses as long as all is finite (%d batches an update)',
    async (n) => {
      const plain = await train({ gradientAccumulationSteps: n });
      const growth = await countTensors(async () => {
        const gradientScaler = new GradScaler({ growthInterval: 2 });
        const scaled = await train({ gradientAccumulationSteps: n, gradientScaler });
        // The scale is a power of two: nothing is rounded.
        expect(scaled.weights).toEqual(plain.weights);
        expect(scaled.logs.map(({ loss, gradNorm }) => [loss, gradNorm])).toEqual(
          plain.logs.map(({ loss, gradNorm }) => [loss, gradNorm]),
        );
        expect(scaled.logs[1].lossScale).toBe(2 ** 17);
      });
      expect(growth).toEqual(NO_GROWTH);
      expect(plain.logs[0]).toMatchObject({ lossScale: null, skippedUpdates: null });
    },
  );

  it('skips an update whose gradient is not finite, and lowers the scale', async () => {
    const growth = await countTensors(async () => {
      const { logs, weights, result } = await train({
        spoiltAt: [3, 4, 7],
        gradientScaler: new GradScaler({ initScale: 1024 }),
      });
      expect(result.reason).toBe('completed');
      expect(weights[3]).toEqual(weights[2]);
      expect(weights[4]).toEqual(weights[2]);
      expect(weights[5]).not.toEqual(weights[4]);
      expect(logs.map(({ lossScale }) => lossScale)).toEqual([
        ...[1024, 1024, 1024, 512, 256, 256],
        ...[256, 128, 128, 128, 128, 128],
      ]);
      expect(logs.map(({ skippedUpdates }) => skippedUpdates)).toEqual([0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0]);
      expect(logs.every(({ gradNorm }) => Number.isFinite(gradNorm))).toBe(true);
    });
    expect(growth).toEqual(NO_GROWTH);
  });

  it('still reports a loss that is not finite', async () => {
    await expect(train({ nanAt: 5, gradientScaler: new GradScaler() })).rejects.toThrow(NonFiniteLossError);
  });

  it('that is disabled changes nothing', async () => {
    const { weights, logs } = await train({ gradientScaler: new GradScaler({ enabled: false }) });
    allClose(weights.flat(), (await train()).weights.flat(), { rtol: 0, atol: 0 });
    expect(logs[0].lossScale).toBeNull();
  });

  it('is restored from a checkpoint', async () => {
    const scaler = () => new GradScaler({ initScale: 64, growthInterval: 3 });
    const spoiltAt = [1];
    const straight = await train({ spoiltAt, gradientScaler: scaler() });
    const controller = new AbortController();
    const checkpoints = { dir, every: 1, resume: true };
    await train({
      spoiltAt,
      gradientScaler: scaler(),
      checkpoints,
      signal: controller.signal,
      onEvent: (event) => event.type === 'step' && event.step === 6 && controller.abort(),
    });
    // Other numbers to begin with: they must come from the checkpoint.
    const gradientScaler = new GradScaler({ initScale: 4, growthInterval: 9 });
    const resumed = await train({ spoiltAt, gradientScaler, checkpoints });
    expect(resumed.logs.map(({ step, lossScale, loss }) => [step, lossScale, loss])).toEqual(
      straight.logs.slice(6).map(({ step, lossScale, loss }) => [step, lossScale, loss]),
    );
    expect(resumed.weights.at(-1)).toEqual(straight.weights.at(-1));
    expect(gradientScaler.stateDict()).toMatchObject({ growth_interval: 3 });
    await expect(train({ spoiltAt, checkpoints })).rejects.toThrow(CheckpointMismatchError);
  });
});
