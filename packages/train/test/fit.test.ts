import { installObserver, randomStreams } from '@fin/runtime';
import { allClose, maxDifference } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FitEvent, FitOptions } from '../src/index.js';
import {
  AdamW,
  decayGroups,
  fit,
  linearSchedule,
  NonFiniteLossError,
  TrainInputError,
} from '../src/index.js';
import type { LineBatch as Batch } from './line.js';
import { lineData as data, Line } from './line.js';

type Settings = Partial<Omit<FitOptions<Batch>, 'model' | 'optimizer' | 'loss'>> & {
  readonly loss?: (batch: Batch, line: Line, step: number) => tf.Scalar;
};

let tensorsBefore: number;
beforeEach(() => {
  tensorsBefore = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors).toBe(tensorsBefore));

/** Trains a line; every tensor that is left afterwards is a failure. */
async function train(settings: Settings = {}, learningRate = 0.1) {
  const line = new Line();
  const optimizer = new AdamW(decayGroups(line, 0), { learningRate });
  const events: FitEvent[] = [];
  const { loss, onEvent, ...others } = settings;
  try {
    const result = await fit<Batch>({
      model: line,
      optimizer,
      data,
      batchSize: 4,
      epochs: 3,
      random: randomStreams(7),
      loss: (batch, { step }) => loss?.(batch, line, step) ?? line.loss(batch),
      onEvent: (event) => {
        events.push(event);
        onEvent?.(event);
      },
      ...others,
    });
    return { result, events, values: line.values() };
  } finally {
    optimizer.dispose();
    line.dispose();
  }
}

const of = <T extends FitEvent['type']>(events: FitEvent[], type: T) =>
  events.filter((event): event is Extract<FitEvent, { type: T }> => event.type === type);

describe('fit', () => {
  it('fits a line', async () => {
    const { result, values } = await train({ epochs: 60, schedule: linearSchedule });
    allClose(values, [2, -3, 1], { atol: 0.02 });
    expect(result).toMatchObject({
      reason: 'completed',
      steps: 300,
      epochs: 60,
      best: null,
      evaluations: [],
    });
    expect(result.epochLosses).toHaveLength(60);
    expect(result.epochLosses[59]).toBeLessThan(0.01);
  });

  it('does not change a frozen parameter, and restores it with the best weights', async () => {
    const biases: number[] = [];
    const losses = [3, 1, 2, 2];
    let line: Line | undefined;
    const { result, values } = await train({
      epochs: 4,
      loss: (batch, model) => {
        line = model;
        return model.loss(batch);
      },
      onEvent: ({ type }) => {
        // Frozen in the second epoch, whose weights are the best.
        if (type === 'evaluation' && line) line.bias.trainable = biases.length !== 1;
      },
      evaluate: () => {
        biases.push(line!.values()[2]);
        return { loss: losses[biases.length - 1] };
      },
      earlyStopping: { patience: 3 },
    });
    expect(result.best!.epoch).toBe(2);
    expect(biases[1]).toBe(biases[0]);
    expect(biases[3]).not.toBe(biases[1]);
    expect(values[2]).toBe(biases[1]);
  });

  it('reports its progress in events', async () => {
    const { events } = await train({
      epochs: 2,
      batchSize: 8,
      logEvery: 2,
      maxGradNorm: 1,
      schedule: linearSchedule,
    });
    expect(events.map(({ type }) => type)).toEqual([
      ...['start', 'step', 'log', 'step', 'log', 'step', 'epoch'],
      ...['log', 'step', 'step', 'log', 'step', 'epoch', 'end'],
    ]);
    expect(events[0]).toEqual({ type: 'start', step: 0, totalSteps: 6, stepsPerEpoch: 3 });
    const logs = of(events, 'log');
    expect(logs.map(({ step, epoch }) => [step, epoch])).toEqual([
      [2, 2 / 3],
      [3, 1],
      [4, 4 / 3],
      [6, 2],
    ]);
    allClose(
      logs.map(({ learningRate }) => learningRate),
      [0.1 * (5 / 6), 0.1 * (4 / 6), 0.1 * 0.5, 0.1 / 6],
    );
    for (const { loss, gradNorm } of logs) {
      expect(loss).toBeGreaterThan(0);
      expect(gradNorm).toBeGreaterThan(0);
    }
    expect(of(events, 'step').map(({ loss }) => loss)[0]).toBe(null);
    expect(of(events, 'step').at(-1)!.secondsLeft).toBe(0);
    const [first] = of(events, 'epoch');
    expect(first.loss).toBeCloseTo((logs[0].loss * 16 + logs[1].loss * 4) / 20, 5);
  });

  it('goes through every example once per epoch, in an order that the seed decides', async () => {
    const orders = async (settings: Settings) => {
      const order: number[] = [];
      await train({
        epochs: 2,
        ...settings,
        loss: (batch, line) => {
          order.push(...batch.indices);
          return line.loss(batch);
        },
      });
      return [order.slice(0, 20), order.slice(20)];
    };
    const sorted = Array.from({ length: 20 }, (_, i) => i);
    const [first, second] = await orders({});
    expect([...first].sort((a, b) => a - b)).toEqual(sorted);
    expect([...second].sort((a, b) => a - b)).toEqual(sorted);
    expect(second).not.toEqual(first);
    expect(await orders({})).toEqual([first, second]);
    expect(await orders({ random: randomStreams(8) })).not.toEqual([first, second]);
    expect(await orders({ shuffle: false })).toEqual([sorted, sorted]);
  });

  it('gives the same run for the same seed, bit for bit', async () => {
    const [a, b] = [await train(), await train()];
    expect(a.values).toEqual(b.values);
    expect(a.result).toEqual(b.result);
  });

  it.each([
    [2, 4],
    [3, 3],
    [20, 1],
  ])(
    'accumulates %i batches of %i to the gradient of the large batch',
    async (gradientAccumulationSteps, batchSize) => {
      const large = await train({ batchSize: gradientAccumulationSteps * batchSize, maxGradNorm: 2 });
      const small = await train({ batchSize, gradientAccumulationSteps, maxGradNorm: 2 });
      expect(small.result.steps).toBe(large.result.steps);
      expect(maxDifference(small.values, large.values)).toBeLessThan(2e-6);
      allClose(small.result.epochLosses, large.result.epochLosses);
    },
  );

  it('accumulates when a batch does not touch every parameter', async () => {
    const half = (batch: Batch, line: Line) =>
      batch.indices.includes(0)
        ? line.loss(batch)
        : (tf.mean(tf.square(tf.matMul(batch.x, line.weight as unknown as tf.Tensor2D))) as tf.Scalar);
    const { values } = await train({ gradientAccumulationSteps: 5, epochs: 1, loss: half });
    expect(values.every((value) => value !== 0)).toBe(true);
  });

  it('averages the weights, shows evaluations the average and leaves it in the model', async () => {
    const decay = 0.7;
    const seen: number[][] = [];
    const evaluated: number[][] = [];
    let model: Line | null = null;
    const { values } = await train({
      epochs: 2,
      averageDecay: decay,
      loss: (batch, line, step) => {
        model = line;
        if (step > 0) seen.push(line.values());
        return line.loss(batch);
      },
      evaluate: () => {
        evaluated.push(model!.values());
        return {};
      },
    });
    // `seen` has the weights after each update but the last; the average begins with those after the first
    const average = (weights: number[][]) =>
      weights.reduce((mean, next) => mean.map((value, i) => value + (1 - decay) * (next[i] - value)));
    allClose(evaluated[0], average(seen.slice(0, 5)));
    expect(values).toEqual(evaluated[1]);
  });

  it('stops after maxSteps', async () => {
    const { result, events } = await train({ maxSteps: 7 });
    expect(result).toMatchObject({ reason: 'completed', steps: 7, epochs: 1.4 });
    expect(of(events, 'log').at(-1)!.step).toBe(7);
  });

  it('reads nothing from the device but what it logs', async () => {
    const reads = vi.spyOn(tf.backend(), 'readSync'); // `read` ends there too
    await train({ epochs: 4, logEvery: 10, maxGradNorm: 1 });
    const count = reads.mock.calls.length;
    reads.mockRestore();
    // 20 updates: 4 epoch ends, 2 of them on a tenth update. Each reads the losses and the norm; then this test reads 2 values.
    expect(count).toBe(4 * 2 + 2);
  });

  it('has the same number of tensors after each epoch', async () => {
    const counts: number[] = [];
    await train({
      epochs: 5,
      maxGradNorm: 1,
      onEvent: ({ type }) => {
        if (type === 'epoch') counts.push(tf.memory().numTensors);
      },
    });
    expect(new Set(counts).size).toBe(1);
  });

  it('makes each batch one ahead, also asynchronously', async () => {
    const log: string[] = [];
    await train({
      epochs: 1,
      batchSize: 10,
      shuffle: false,
      data: {
        size: 20,
        batch: async (indices) => {
          log.push(`make ${indices[0]}`);
          await new Promise((resolve) => setTimeout(resolve, 5));
          return data.batch(indices);
        },
      },
      loss: (batch, line) => {
        log.push(`use ${batch.indices[0]}`);
        return line.loss(batch);
      },
    });
    expect(log).toEqual(['make 0', 'make 10', 'use 0', 'use 10']);
  });
});

describe('evaluation and early stopping', () => {
  /** Evaluations that return these losses one after the other. */
  const scripted = (losses: number[]) => {
    let next = 0;
    return () => ({ loss: losses[next++] ?? Number.POSITIVE_INFINITY });
  };

  it('evaluates after each epoch, or every few updates and at the end', async () => {
    const steps = async (settings: Settings) =>
      of((await train({ evaluate: () => ({ loss: 1 }), ...settings })).events, 'evaluation').map(
        ({ step }) => step,
      );
    expect(await steps({})).toEqual([5, 10, 15]);
    expect(await steps({ evaluateEvery: 4 })).toEqual([4, 8, 12, 15]);
    expect(await steps({ maxSteps: 7 })).toEqual([5, 7]);
  });

  it('ends when patience is used up, with the best weights back', async () => {
    const weights: number[][] = [];
    const evaluate = scripted([3, 2, 2.5, 2.4, 1]);
    const { result, values, events } = await train({
      epochs: 10,
      evaluate,
      earlyStopping: { patience: 2 },
      onEvent: () => {},
      loss: (batch, line, step) => {
        if (step % 5 === 0) weights[step / 5] = line.values();
        return line.loss(batch);
      },
    });
    expect(result).toMatchObject({
      reason: 'earlyStopping',
      steps: 20,
      best: { step: 10, metrics: { loss: 2 } },
    });
    expect(of(events, 'evaluation').map(({ improved }) => improved)).toEqual([true, true, false, false]);
    expect(values).toEqual(weights[2]);
  });

  it('counts only improvements above minDelta', async () => {
    const { result } = await train({
      epochs: 10,
      evaluate: scripted([3, 2.95, 2.85, 2.8, 2.76]),
      earlyStopping: { patience: 2, minDelta: 0.1 },
    });
    expect(result).toMatchObject({ steps: 25, best: { step: 15 } });
    expect(result.evaluations).toHaveLength(5);
  });

  it('mode max keeps the highest metric; infinite patience never stops', async () => {
    const accuracies = [0.5, 0.8, 0.7, 0.6];
    const { result } = await train({
      epochs: 4,
      evaluate: ({ epoch }) => ({ accuracy: accuracies[epoch - 1] }),
      earlyStopping: { metric: 'accuracy', mode: 'max', patience: Number.POSITIVE_INFINITY },
    });
    expect(result).toMatchObject({
      reason: 'completed',
      steps: 20,
      best: { step: 10, metrics: { accuracy: 0.8 } },
    });
  });

  it('reports missing and incomparable metrics', async () => {
    const earlyStopping = { patience: 1, metric: 'f1' };
    await expect(train({ earlyStopping })).rejects.toThrow(
      'earlyStopping compares the metrics of evaluate()',
    );
    await expect(train({ earlyStopping, evaluate: () => ({ loss: 1 }) })).rejects.toThrow(
      '"f1", but evaluate() returned loss',
    );
    await expect(train({ earlyStopping, evaluate: () => ({ f1: Number.NaN }) })).rejects.toThrow(
      'returned NaN for "f1"',
    );
    await expect(train({ earlyStopping: { patience: 0 }, evaluate: () => ({}) })).rejects.toThrow(
      TrainInputError,
    );
  });
});

describe('a run that cannot go on', () => {
  it('names the batch whose loss is not a number', async () => {
    const error = await train({
      logEvery: 4,
      shuffle: false,
      loss: (batch, line, step) =>
        step === 6 ? (tf.mul(line.loss(batch), Number.NaN) as tf.Scalar) : line.loss(batch),
    }).then(null, (thrown: unknown) => thrown as NonFiniteLossError);
    expect(error).toBeInstanceOf(NonFiniteLossError);
    expect(error).toMatchObject({
      kind: 'environment',
      step: 6,
      epoch: 1,
      indices: Int32Array.of(4, 5, 6, 7),
    });
    expect((error as Error).message).toContain(
      'NaN at update 7 (epoch 2), for the batch with the examples 4, 5, 6, 7',
    );
  });

  it('names an infinite loss too, and which part of an accumulated batch', async () => {
    const infinite = (batch: Batch, line: Line) =>
      batch.indices.includes(9) ? (tf.div(line.loss(batch), 0) as tf.Scalar) : line.loss(batch);
    await expect(
      train({ shuffle: false, gradientAccumulationSteps: 5, loss: infinite }),
    ).rejects.toMatchObject({
      loss: Number.POSITIVE_INFINITY,
      step: 0,
      indices: Int32Array.of(8, 9, 10, 11),
    });
  });

  it('refuses an optimizer of another model', async () => {
    const [line, other] = [new Line(), new Line()];
    const optimizer = new AdamW(decayGroups(other, 0));
    const options = { model: line, optimizer, data, batchSize: 4, epochs: 1, random: randomStreams(1) };
    await expect(fit({ ...options, loss: (batch: Batch) => line.loss(batch) })).rejects.toThrow(
      'the optimizer trains parameters that are not part of the model: weight, bias',
    );
    optimizer.dispose();
    line.dispose();
    other.dispose();
  });

  it('stops between updates when its signal aborts', async () => {
    const controller = new AbortController();
    const { result, events } = await train({
      epochs: 50,
      signal: controller.signal,
      evaluate: ({ step }) => ({ loss: step }),
      earlyStopping: { patience: 100 },
      onEvent: (event) => {
        if (event.type === 'step' && event.step === 12) controller.abort();
      },
    });
    expect(result).toMatchObject({ reason: 'aborted', steps: 12, best: { step: 5 } });
    expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'aborted' });
  });

  it('lets signals through between updates', async () => {
    const controller = new AbortController();
    process.once('SIGUSR2', () => controller.abort());
    const { result } = await train({
      epochs: 10_000,
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === 'step' && event.step === 3) process.kill(process.pid, 'SIGUSR2');
      },
    });
    expect(result.reason).toBe('aborted');
    expect(result.steps).toBeLessThan(200);
  });

  it('rethrows errors of data, loss, evaluation and listener, and leaves no tensor', async () => {
    const fail = (): never => {
      throw new Error('no more coffee');
    };
    const settings: Settings[] = [
      {
        data: { size: 20, batch: (indices) => (indices[0] === 8 ? fail() : data.batch(indices)) },
        shuffle: false,
      },
      { data: { size: 20, batch: async () => fail() } },
      { loss: (batch, line, step) => (step === 2 ? fail() : line.loss(batch)) },
      { evaluate: async () => fail() },
      { onEvent: ({ type }) => (type === 'log' ? fail() : undefined) },
    ];
    for (const setting of settings) await expect(train(setting)).rejects.toThrow('no more coffee');
  });

  it.each([
    [{ epochs: 0 }, 'epochs is 0'],
    [{ batchSize: 1.5 }, 'batchSize is 1.5'],
    [{ gradientAccumulationSteps: -1 }, 'gradientAccumulationSteps is -1'],
    [{ data: { size: 0, batch: data.batch } }, 'the number of training examples is 0'],
    [{ epochs: 1e9 }, 'epochs is 1000000000; it must be a whole number from 1 to 1000000, or Infinity'],
    [{ batchSize: Number.NaN }, 'batchSize is NaN'],
    [{ gradientAccumulationSteps: 1e300 }, 'gradientAccumulationSteps is 1e+300'],
    [{ maxSteps: '7' as never }, 'maxSteps is 7'],
    [{ logEvery: 0 }, 'logEvery is 0'],
    [{ evaluateEvery: -3 }, 'evaluateEvery is -3'],
    [{ maxGradNorm: 0 }, 'maxGradNorm is 0'],
    [{ maxGradNorm: Number.NaN }, 'maxGradNorm is NaN'],
    [{ averageDecay: 1 }, 'averageDecay is 1'],
    [{ evaluate: () => ({ loss: 1 }), earlyStopping: { patience: 0 } }, 'patience is 0'],
    [{ evaluate: () => ({ loss: 1 }), earlyStopping: { patience: Number.NaN } }, 'patience is NaN'],
    [
      { evaluate: () => ({ loss: 1 }), earlyStopping: { patience: 1, minDelta: Number.POSITIVE_INFINITY } },
      'minDelta is Infinity',
    ],
    [
      { evaluate: () => ({ loss: 1 }), earlyStopping: { patience: 1, mode: 'best' as never } },
      'mode is "best"',
    ],
    [{ checkpoints: { dir: 'never-made', every: 0 } }, 'checkpoints.every is 0'],
    [{ checkpoints: { dir: 'never-made', everySeconds: -1 } }, 'checkpoints.everySeconds is -1'],
    [{ checkpoints: { dir: 'never-made', keepLast: 0.5 } }, 'checkpoints.keepLast is 0.5'],
    [{ schedule: () => () => Number.NaN }, 'the schedule returned the factor NaN for update 1'],
    [{ schedule: () => (step: number) => (step === 2 ? 1e300 : 1) }, 'the factor 1e+300 for update 3'],
    [{ schedule: () => linearSchedule({ totalSteps: -1 }) }, 'totalSteps is -1'],
    [
      { schedule: (run: { totalSteps: number }) => linearSchedule({ ...run, warmupSteps: 0.5 }) },
      'warmupSteps is 0.5',
    ],
  ])('refuses %o', async (settings: Settings, message) => {
    await expect(train(settings)).rejects.toThrow(message);
  });
});

describe('phases', () => {
  const phasesOf = async (settings: Settings) => {
    const open: string[] = [];
    const seen: string[] = [];
    const observer = installObserver({
      beginRange: (name) => seen.push([...open, name].join('/')) && open.push(name),
      endRange: () => open.pop(),
      created: () => {},
      released: () => {},
    });
    try {
      await train(settings);
    } catch (error) {
      if ((error as Error).message !== 'stop') throw error;
    } finally {
      observer.remove();
    }
    return { seen, open };
  };

  it('are marked for a profiler, one after the other', async () => {
    const { seen, open } = await phasesOf({ maxSteps: 2 });
    expect(seen).toEqual([
      'data',
      'data',
      'forward',
      'backward',
      'optimizer',
      'data',
      'forward',
      'backward',
      'optimizer',
    ]);
    expect(open).toEqual([]);
  });

  it('end when a loss throws', async () => {
    const { open } = await phasesOf({
      loss: () => {
        throw new Error('stop');
      },
    });
    expect(open).toEqual([]);
  });
});
