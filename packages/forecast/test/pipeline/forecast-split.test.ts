import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sample } from '@fin/data';
import { makeSamples, splitChronologically } from '@fin/data';
import { countTensors, NO_GROWTH } from '@fin/runtime';
import { describe, expect, it } from 'vitest';
import {
  forecastSplit,
  formatPredictions,
  resolveSettings,
  runFiles,
  trainForecaster,
} from '../../src/index.js';
import { smallMarket, smallSettings } from './small-run.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();
const settings = resolveSettings(smallSettings);
const split = splitChronologically(makeSamples(smallMarket));

describe('forecastSplit', () => {
  it('gives the forecasts of a training run, bit for bit, and leaves no tensor behind', async () => {
    const runDir = join(folder, 'run');
    const summary = await trainForecaster({ market: smallMarket, runDir, settings: smallSettings });
    const growth = await countTensors(async () => {
      const { predictions, trainableParameters, ...rest } = await forecastSplit(split, settings);
      expect(formatPredictions(predictions)).toBe(readFileSync(join(runDir, runFiles.predictions), 'utf8'));
      expect(trainableParameters).toBe(summary!.parameters);
      expect(rest).toMatchObject({ epochs: 2, validationLoss: summary!.validationLoss });
    });
    expect(growth).toEqual(NO_GROWTH);
  });

  it('forecasts the same validation days when the test days are other ones, or none', async () => {
    const withTest = async (test: Sample[]) => {
      const { predictions } = await forecastSplit({ ...split, test }, settings);
      return predictions.filter((row) => row.split === 'validation');
    };
    expect(await withTest([])).toEqual(await withTest(split.test.slice(5)));
  });

  it('throws the reason of the signal that stopped it', async () => {
    const reason = new Error('stop');
    const controller = new AbortController();
    const stopped = forecastSplit(split, settings, {
      signal: controller.signal,
      onEvent: ({ phase }) => phase === 'training' && controller.abort(reason),
    });
    await expect(stopped).rejects.toBe(reason);
  });
});
