import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProfileSummary } from '@fin/profiler';
import { RunFolder } from '@fin/run';
import { hasNativeOps, installedInterceptors, randomStreams } from '@fin/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdamW, fit, recordFit } from '../src/index.js';
import { Line, lineData } from './line.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fin-record-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Shape {
  readonly batchSize: number;
  readonly epochs: number;
}

let runs = 0;

/** Trains on 20 points with a profile, and returns its summaries and the weights. @param crash an update that fails */
async function profiled({ batchSize, epochs }: Shape, crash = Number.POSITIVE_INFINITY) {
  const run = await RunFolder.create(join(folder, `run-${runs++}`));
  const model = new Line();
  const optimizer = new AdamW([{ parameters: model.namedParameters() }], { learningRate: 0.1 });
  const summaries: ProfileSummary[] = [];
  const recorder = recordFit(run, { profile: true }, { model: 'a line' }, ({ summary }) => {
    summaries.push(summary);
  });
  try {
    await fit({
      model,
      optimizer,
      data: lineData,
      batchSize,
      epochs,
      random: randomStreams(1),
      loss: (batch, { step }) => {
        if (step === crash) throw new Error('crash');
        return model.loss(batch);
      },
      evaluate: () => ({ loss: 1 }),
      onEvent: (event) => recorder.see(event),
    });
  } finally {
    await recorder.close();
    await run.close();
    optimizer.dispose();
    model.dispose();
  }
  return { run, summaries };
}

describe.skipIf(!hasNativeOps())('a profile of a training', () => {
  it.each([
    ['long epochs: after four updates', { batchSize: 2, epochs: 1 }, '5 to 7', 3],
    ['an epoch of five updates: its last ones', { batchSize: 4, epochs: 2 }, '3 to 5', 3],
    ['epochs of one update', { batchSize: 20, epochs: 3 }, '1', 1],
  ] as const)('%s', async (_, shape, updates, steps) => {
    const { summaries, run } = await profiled(shape);
    expect(summaries).toHaveLength(1);
    expect(summaries[0]).toMatchObject({ steps, about: { model: 'a line', updates } });
    const phases = new Map(summaries[0].phases.map((phase) => [phase.phase, phase.ops]));
    for (const phase of ['forward', 'backward', 'optimizer']) expect(phases.get(phase)).toBeGreaterThan(0);
    expect(await run.readJson('profile.json')).toEqual(summaries[0]);
    expect(await run.readText('profile.txt')).toContain('model: a line');
  });

  it('is dropped when the training fails, and leaves the dispatch chain as it was', async () => {
    await expect(profiled({ batchSize: 2, epochs: 1 }, 5)).rejects.toThrow('crash');
    expect(installedInterceptors()).not.toContain('profiler');
    expect((await profiled({ batchSize: 2, epochs: 1 })).summaries).toHaveLength(1);
  });
});
