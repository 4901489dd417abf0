import { join } from 'node:path';
import { openSafetensors } from '@fin/files/safetensors';
import { loadKernels } from '@fin/kernels';
import { RunFolder } from '@fin/run';
import { countTensors, hasNativeOps, NO_GROWTH } from '@fin/runtime';
import { fullTier } from '@fin/testkit';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { TuneSentimentOptions } from '../../src/index.js';
import { tuneSentiment, tuningFiles } from '../../src/index.js';
import { modes, useMode } from '../support/modes.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tinyBank, writeTinyBert } from '../support/tiny-bert.js';

/** Of training and validation losses, which fall from 1.1 by up to 0.6. */
const LOSS_TOLERANCE = { bf16: 2e-2, fp16: 5e-3 };

const EPOCHS = fullTier ? { lora: 10, full: 6 } : { lora: 5, full: 4 };

const folder = temporaryFolder()();
let modelDir: string;
beforeAll(async () => {
  vi.stubEnv('FIN_KERNELS', '');
  await loadKernels();
  modelDir = await writeTinyBert(folder, ['one', 'two']);
  const settings = { epochs: 1 }; // a run that makes what is made once in a process
  await tuneSentiment({ bank: tinyBank(), modelDir, runDir: join(folder, 'first'), settings });
});

let runs = 0;
async function tune(settings: TuneSentimentOptions['settings']) {
  const runDir = join(folder, `run-${runs++}`);
  const growth = await countTensors(() =>
    tuneSentiment({
      bank: tinyBank(),
      modelDir,
      runDir,
      settings: { learningRate: 3e-2, epochs: EPOCHS.lora, batchSize: 48, ...settings }, // activations large enough to be held low
    }),
  );
  expect(growth).toEqual(NO_GROWTH);
  const run = await RunFolder.open(runDir);
  const losses = run.readMetrics().flatMap(({ trainLoss, validationLoss }) => [trainLoss, validationLoss]);
  return { run, losses: losses as number[] };
}

/** The same in float32, once. */
const wide: { [method in 'lora' | 'full']?: Awaited<ReturnType<typeof tune>> } = {};

const variants = (['bf16', 'fp16'] as const).flatMap((precision) =>
  modes.flatMap((mode) => (['lora', 'full'] as const).map((method) => ({ precision, mode, method }))),
);

describe.each(variants)('tuning in $precision, $mode, $method', ({ precision, mode, method }) => {
  it('learns as in float32, leaks nothing, saves float32, and says what it did', async () => {
    useMode(mode);
    const learning = method === 'full' ? { learningRate: 1e-2, epochs: EPOCHS.full } : {};
    wide[method] ??= await tune({ method, ...learning });
    const { run, losses } = await tune({ method, precision, ...learning });
    const differences = losses.map((loss, i) => Math.abs(loss - wide[method]!.losses[i]));
    expect(Math.max(...differences)).toBeLessThan(LOSS_TOLERANCE[precision]);
    expect(await run.readJson(tuningFiles.config)).toMatchObject({ settings: { precision } });
    const expectedMode = hasNativeOps() ? mode : 'emulated';
    expect(await run.readJson(tuningFiles.environment)).toMatchObject({
      precision: { asked: precision, decision: { mode: expectedMode } },
    });
    const saved =
      method === 'full' ? ['model', 'model.safetensors'] : ['adapter', 'adapter_model.safetensors'];
    const file = await openSafetensors(run.path(join(...saved)));
    expect(new Set(file.names().map((name) => file.info(name).dtype))).toEqual(new Set(['F32']));
    await file.close();
  });
});
