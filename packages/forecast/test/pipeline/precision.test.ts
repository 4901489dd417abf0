import { join } from 'node:path';
import { loadKernels } from '@fin/kernels';
import { RunFolder } from '@fin/run';
import { countTensors, hasNativeOps, NO_GROWTH } from '@fin/runtime';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { ForecasterOptions } from '../../src/index.js';
import { predictNextDay, runFiles, trainForecaster } from '../../src/index.js';
import { modes, useMode } from './modes.js';
import { smallMarket as market } from './small-run.js';
import { temporaryFolder } from './temporary-folder.js';

/** Of training and validation losses of 0.4 to 0.5. */
const TOLERANCE = { bf16: 1e-3, fp16: 2e-4 };

const folder = temporaryFolder();
beforeAll(async () => {
  vi.stubEnv('FIN_KERNELS', '');
  await loadKernels();
  await trainIn(join(folder, 'first'), { epochs: 1 }); // makes what is made once in a process
});

const trainIn = (runDir: string, settings: ForecasterOptions) =>
  trainForecaster({
    market,
    runDir,
    settings: {
      epochs: 2,
      batchSize: 32,
      lstm: { hiddenSize: 16 }, // activations large enough to be held low
      fusionSize: 4,
      encoder: {
        hiddenSize: 16,
        numHiddenLayers: 1,
        numAttentionHeads: 2,
        intermediateSize: 32,
        vocabularySize: 300,
        maxLength: 16,
      },
      ...settings,
    },
  });

let runs = 0;
async function train(settings: ForecasterOptions = {}) {
  const runDir = join(folder, `run-${runs++}`);
  const growth = await countTensors(() => trainIn(runDir, settings));
  expect(growth).toEqual(NO_GROWTH);
  const run = await RunFolder.open(runDir);
  const losses = run.readMetrics().flatMap(({ trainLoss, validationLoss }) => [trainLoss, validationLoss]);
  return { run, runDir, losses: losses as number[] };
}

/** The same in float32, once. */
let wide: Awaited<ReturnType<typeof train>> | undefined;

const variants = (['bf16', 'fp16'] as const).flatMap((precision) =>
  modes.map((mode) => ({ precision, mode })),
);

describe.each(variants)('the forecaster in $precision, $mode', ({ precision, mode }) => {
  it('learns as in float32, leaks nothing, and forecasts in either precision', async () => {
    useMode(mode);
    wide ??= await train();
    const { run, runDir, losses } = await train({ precision });
    const differences = losses.map((loss, i) => Math.abs(loss - wide!.losses[i]));
    expect(Math.max(...differences)).toBeLessThan(TOLERANCE[precision]);
    expect(await run.readJson(runFiles.config)).toMatchObject({ settings: { precision } });
    expect(await run.readJson(runFiles.environment)).toMatchObject({
      precision: { asked: precision, decision: { mode: hasNativeOps() ? mode : 'emulated' } },
    });
    const [low, float32] = [
      await predictNextDay(runDir, market, { precision }),
      await predictNextDay(runDir, market),
    ];
    expect(Math.abs(low.predictedLogReturn - float32.predictedLogReturn)).toBeLessThan(1e-4);
  });
});
