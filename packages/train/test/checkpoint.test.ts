import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DamagedFileError, FolderLockedError, writeManifest } from '@fin/files';
import { openSafetensors } from '@fin/files/safetensors';
import { dropout, randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CheckpointOptions, FitEvent, FitOptions } from '../src/index.js';
import {
  AdamW,
  CheckpointMismatchError,
  CheckpointsExistError,
  decayGroups,
  fit,
  linearSchedule,
  NonFiniteLossError,
} from '../src/index.js';
import type { LineBatch } from './line.js';
import { Line, lineData } from './line.js';

let home: string;
let dir: string;
let tensorsBefore: number;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'fin-checkpoint-'));
  dir = join(home, 'checkpoints');
  tensorsBefore = tf.memory().numTensors;
});

afterEach(async () => {
  expect(tf.memory().numTensors).toBe(tensorsBefore);
  await rm(home, { recursive: true, force: true });
});

type Settings = Partial<Omit<FitOptions<LineBatch>, 'checkpoints'>> & {
  readonly checkpoints?: Partial<CheckpointOptions> | null;
  /** Aborts the run after this many updates. */
  readonly stopAfter?: number;
  readonly learningRate?: number;
  /** The update that comes to a loss which is not a number. */
  readonly poisonAt?: number;
};

/** A run with everything that a resume has to bring back: dropout, schedule, clipping, accumulation, early stopping. */
async function train(given: Settings = {}) {
  const { checkpoints = {}, stopAfter, learningRate = 0.05, poisonAt, ...settings } = given;
  const line = new Line();
  const optimizer = new AdamW(decayGroups(line, 0.01), { learningRate });
  const controller = new AbortController();
  const events: FitEvent[] = [];
  try {
    const result = await fit<LineBatch>({
      model: line,
      optimizer,
      data: lineData,
      batchSize: 3,
      gradientAccumulationSteps: 2,
      epochs: 3, // 4 updates each
      random: randomStreams(5),
      loss: (batch, context) => {
        const x = dropout(batch.x, 0.2, context.dropout) as tf.Tensor2D;
        const loss = line.loss({ ...batch, x });
        return context.step === poisonAt ? (tf.mul(loss, Number.NaN) as tf.Scalar) : loss;
      },
      schedule: ({ totalSteps }) => linearSchedule({ warmupSteps: 3, totalSteps }),
      maxGradNorm: 1,
      evaluate: () => ({ loss: line.values()[0] }),
      earlyStopping: { mode: 'max', patience: 10 },
      logEvery: 3,
      checkpoints: checkpoints ? { dir, every: 4, ...checkpoints } : undefined,
      signal: controller.signal,
      ...settings,
      onEvent: (event) => {
        events.push(event);
        if (event.type === 'step' && event.step === stopAfter) controller.abort();
      },
    });
    return { result, values: line.values(), events };
  } finally {
    optimizer.dispose();
    line.dispose();
  }
}

const withProgress = (state: Record<string, never>, change: object) => ({
  ...state,
  progress: { ...(state.progress as object), ...change },
});
const logs = (events: FitEvent[]) =>
  events.flatMap((event) => (event.type === 'log' ? [{ ...event, examplesPerSecond: 0 }] : []));
const folders = () => readdir(dir).then((names) => names.sort());

describe('a resumed run', () => {
  it.each([1, 2, 4, 5, 7, 11])(
    'is bit for bit the run that was not interrupted, after %i updates',
    async (stopAfter) => {
      const straight = await train({ checkpoints: null });
      const first = await train({ stopAfter });
      expect(first.result).toMatchObject({ reason: 'aborted', steps: stopAfter });
      const second = await train({ checkpoints: { resume: true } });
      expect(second.events[0]).toMatchObject({ type: 'start', step: stopAfter, totalSteps: 12 });
      expect(second.result).toEqual(straight.result);
      expect(second.values).toEqual(straight.values);
      expect([...logs(first.events), ...logs(second.events)]).toEqual(logs(straight.events));
    },
  );

  it.each([
    ['early stopping', { mode: 'max', patience: 10 }],
    ['none', undefined],
  ] as const)(
    'brings back the moving average of the weights, with early stopping: %s',
    async (_, earlyStopping) => {
      const settings: Settings = { averageDecay: 0.8, earlyStopping };
      const straight = await train({ ...settings, checkpoints: null });
      expect(straight.values).not.toEqual((await train({ earlyStopping, checkpoints: null })).values);
      for (const stopAfter of [3, 8]) await train({ ...settings, stopAfter, checkpoints: { resume: true } });
      const resumed = await train({ ...settings, checkpoints: { resume: true } });
      expect(resumed.values).toEqual(straight.values);
      expect(resumed.result).toEqual(straight.result);
    },
  );

  it('equals the straight run after an interruption at every update', async () => {
    const straight = await train({ checkpoints: null });
    for (let stopAfter = 1; stopAfter < 12; stopAfter++) {
      await train({ stopAfter, checkpoints: { resume: true } });
    }
    const last = await train({ checkpoints: { resume: true } });
    expect(last.values).toEqual(straight.values);
    expect(last.result).toEqual(straight.result);
  });

  it('does nothing when the run was complete', async () => {
    const straight = await train();
    const again = await train({ checkpoints: { resume: true } });
    expect(again.events.map(({ type }) => type)).toEqual(['start', 'end']);
    expect(again.result).toEqual(straight.result);
    expect(again.values).toEqual(straight.values);
  });

  it('stays stopped when it had stopped early', async () => {
    const settings: Settings = {
      evaluate: ({ step }) => ({ loss: -step }),
      earlyStopping: { mode: 'max', patience: 1 },
    };
    const first = await train(settings);
    expect(first.result).toMatchObject({ reason: 'earlyStopping', steps: 8, best: { step: 4 } });
    const again = await train({ ...settings, checkpoints: { resume: true } });
    expect(again.result).toEqual(first.result);
    expect(again.values).toEqual(first.values);
  });

  it("restores the caller's states", async () => {
    const stream = () => randomStreams(1).stream('augment');
    const before = stream();
    before.floats(3);
    await train({ stopAfter: 4, checkpoints: { states: { augment: before } } });
    const after = stream();
    await train({ checkpoints: { resume: true, states: { augment: after } } });
    expect(after.state()).toEqual(before.state());
  });

  it('passes the same batch places as the straight run', async () => {
    const places = async (settings: Settings) => {
      const asked: Record<string, string> = {};
      const data: FitOptions<LineBatch>['data'] = {
        ...lineData,
        batch(indices, { step, part }) {
          asked[`${step}/${part}`] = indices.join(' ');
          return lineData.batch(indices);
        },
      };
      await train({ ...settings, data });
      return asked;
    };
    const straight = await places({ checkpoints: null });
    expect(Object.keys(straight)).toHaveLength(3 * 7); // an epoch's last update has one batch, the others two
    const first = await places({ stopAfter: 5 });
    const second = await places({ checkpoints: { resume: true } });
    expect({ ...first, ...second }).toEqual(straight);
  });

  it('starts when there is no checkpoint', async () => {
    const { events } = await train({ checkpoints: { resume: true } });
    expect(events[0]).toMatchObject({ type: 'start', step: 0 });
  });
});

describe('checkpoints', () => {
  it('are kept: the last ones and the best one', async () => {
    const scores = [1, 5, 3, 2, 4, 0];
    const { events } = await train({
      epochs: 6,
      evaluate: ({ epoch }) => ({ loss: scores[epoch - 1] }),
      checkpoints: { every: 2, keepLast: 2 },
    });
    expect(await folders()).toEqual(['step-00000008', 'step-00000022', 'step-00000024']);
    const written = events.flatMap((event) => (event.type === 'checkpoint' ? [event.step] : []));
    expect(written).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24]);
  });

  it('are written every so many updates, and after some time', async () => {
    const written = async (checkpoints: Partial<CheckpointOptions>) => {
      const { events } = await train({ earlyStopping: undefined, checkpoints });
      await rm(dir, { recursive: true });
      return events.flatMap((event) => (event.type === 'checkpoint' ? [event.step] : []));
    };
    expect(await written({ every: Number.POSITIVE_INFINITY })).toEqual([12]);
    expect(await written({ every: 8, everySeconds: 1e6 })).toEqual([8, 12]);
    const [first] = await written({ every: Number.POSITIVE_INFINITY, everySeconds: 0 });
    expect(first).toBe(1); // none has been written that could be too dear
  });

  it('hold the trainable weights, or all', async () => {
    const names = async () => {
      const file = await openSafetensors(join(dir, 'step-00000012', 'weights.safetensors'));
      await file.close();
      return [...file.names()].sort();
    };
    const frozen = (line: Line) => Object.assign(line.bias, { trainable: false });
    const run = async (frozenToo: boolean) => {
      const line = new Line();
      frozen(line);
      const optimizer = new AdamW(decayGroups(line, 0));
      await fit({
        model: line,
        optimizer,
        data: lineData,
        batchSize: 5,
        epochs: 3,
        random: randomStreams(1),
        loss: (batch: LineBatch) => line.loss(batch),
        checkpoints: { dir, frozenToo, every: 12 },
      });
      optimizer.dispose();
      line.dispose();
    };
    await run(false);
    expect(await names()).toEqual(['weight']);
    await rm(dir, { recursive: true });
    await run(true);
    expect(await names()).toEqual(['bias', 'weight']);
  });

  it('are not overwritten by a new run', async () => {
    await train({ stopAfter: 4 });
    await expect(train()).rejects.toThrow(CheckpointsExistError);
  });

  it.each<[string, Settings, string]>([
    ['batch size', { batchSize: 4 }, 'batchSize is 3 in the checkpoint and 4 now'],
    ['seed', { random: randomStreams(6) }, 'randomness is'],
    ['schedule', { schedule: linearSchedule }, 'learningRateFactors.0 is 0 in the checkpoint and 1 now'],
    ['optimizer', { learningRate: 0.1 }, 'optimizer.learningRate is 0.05 in the checkpoint and 0.1 now'],
    ['clipping', { maxGradNorm: undefined }, 'maxGradNorm is 1 in the checkpoint and null now'],
    ['data', { data: { ...lineData, size: 19 } }, 'examples is 20 in the checkpoint and 19 now'],
    [
      'fingerprint',
      { checkpoints: { settings: { data: 'b' } } },
      'yours.data is "a" in the checkpoint and "b" now',
    ],
  ])('of a run with another %s are refused, with the difference named', async (_, changed, message) => {
    await train({ stopAfter: 4, checkpoints: { settings: { data: 'a' } } });
    const checkpoints = { settings: { data: 'a' }, resume: true, ...changed.checkpoints };
    const error = await train({ ...changed, checkpoints }).then(null, (thrown: unknown) => thrown as Error);
    expect(error).toBeInstanceOf(CheckpointMismatchError);
    expect((error as Error).message).toContain(message);
  });

  it('that are damaged are refused, and skipped only on request', async () => {
    const straight = await train({ checkpoints: null });
    await train({ stopAfter: 10, checkpoints: { every: 2, keepLast: 3 } });
    const damaged = join(dir, 'step-00000010', 'optimizer.safetensors');
    await appendFile(damaged, 'x');
    const error = await train({ checkpoints: { resume: true } }).then(
      null,
      (thrown: unknown) => thrown as Error,
    );
    expect(error).toBeInstanceOf(DamagedFileError);
    expect(error).toMatchObject({ path: damaged });
    const resumed = await train({ checkpoints: { resume: 'lastGood', every: 1 } });
    expect(resumed.events[0]).toMatchObject({ step: 8 });
    expect(resumed.values).toEqual(straight.values);
    await train({ checkpoints: { resume: true } });
  });

  it('are refused when the one with the best weights is damaged', async () => {
    const settings: Settings = { evaluate: ({ step }) => ({ loss: -step }) };
    await train({ ...settings, stopAfter: 8 });
    expect(await folders()).toEqual(['step-00000004', 'step-00000008']);
    await appendFile(join(dir, 'step-00000004', 'weights.safetensors'), 'x');
    await expect(train({ ...settings, checkpoints: { resume: true } })).rejects.toThrow('step-00000004');
  });

  it('are written by one run at a time', async () => {
    let refused: unknown = null;
    let asked = false;
    await train({
      evaluate: async () => {
        if (!asked)
          refused = await train({ checkpoints: { resume: true } }).then(null, (error: unknown) => error);
        asked = true;
        return { loss: 1 };
      },
    });
    expect(refused).toBeInstanceOf(FolderLockedError);
  });

  it('are never written after a loss that is NaN', async () => {
    await expect(train({ poisonAt: 5, logEvery: 100, checkpoints: { every: 3 } })).rejects.toThrow(
      NonFiniteLossError,
    );
    expect(await folders()).toEqual(['step-00000003', 'step-00000004']); // the fourth is the best at an evaluation
    const straight = await train({ checkpoints: null, logEvery: 100 });
    expect((await train({ logEvery: 100, checkpoints: { every: 3, resume: true } })).values).toEqual(
      straight.values,
    );
  });

  it.each<[string, (state: Record<string, never>) => unknown, string]>([
    ['another version', (state) => ({ ...state, version: 2 }), 'it is not of a checkpoint of version 1'],
    ['a step that is text', (state) => withProgress(state, { step: '4' }), 'progress.step'],
    ['no losses', (state) => withProgress(state, { losses: undefined }), 'progress.losses'],
    [
      'a counter that is negative',
      (state) => ({ ...state, optimizerCounters: { a: -1 } }),
      'optimizerCounters.a',
    ],
    ['null', () => null, 'the document'],
  ])('whose state.json has %s are refused, naming the field', async (_, change, message) => {
    await train({ stopAfter: 4 });
    const folder = join(dir, 'step-00000004');
    const path = join(folder, 'state.json');
    const state = JSON.parse(await readFile(path, 'utf8')) as Record<string, never>;
    await writeFile(path, JSON.stringify(change(state)));
    await writeManifest(folder);
    const error = await train({ checkpoints: { resume: true } }).then(null, (thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DamagedFileError);
    expect((error as Error).message).toContain(path);
    expect((error as Error).message).toContain(message);
  });

  it('restore a NaN metric as NaN', async () => {
    const evaluate = () => ({ loss: 1, f1: Number.NaN });
    await train({ stopAfter: 4, evaluate });
    const { result } = await train({ evaluate, checkpoints: { resume: true } });
    expect(result.evaluations[0]).toEqual({ step: 4, epoch: 1, metrics: { loss: 1, f1: Number.NaN } });
  });

  it('describe the run in plain JSON', async () => {
    await train({ stopAfter: 4 });
    const state = JSON.parse(await readFile(join(dir, 'step-00000004', 'state.json'), 'utf8')) as Record<
      string,
      never
    >;
    expect(state).toMatchObject({
      format: 'fin-checkpoint',
      progress: { step: 4, evaluations: [{ step: 4, epoch: 1 }] },
      settings: { batchSize: 3, parameters: { weight: '2x1', bias: '1' } },
    });
  });
});
