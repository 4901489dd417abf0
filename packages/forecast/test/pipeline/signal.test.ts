import { join } from 'node:path';
import { syntheticMarket } from '@fin/data';
import { loadKernels } from '@fin/kernels';
import { currentTensorFlow } from '@fin/runtime';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { MetricsRow } from '../../src/index.js';
import { evaluateRun, trainForecaster } from '../../src/index.js';
import { temporaryFolder } from './temporary-folder.js';

/** The synthetic market's ceiling is R² 0.73 at this signal and four headlines a day. */
const STRONG = 0.02;
const MINUTES = 60_000;

// On wasm and cpu the same sums take many minutes; that they are the same sums is what the other suites show.
describe.skipIf(currentTensorFlow().backend !== 'tensorflow')(
  'the whole pipeline (native TensorFlow only)',
  () => {
    const folder = temporaryFolder();
    beforeAll(async () => {
      vi.stubEnv('FIN_KERNELS', '');
      await loadKernels();
    }, 5 * MINUTES);
    afterAll(() => {
      vi.unstubAllEnvs();
    });

    const modelRow = async (signal: number): Promise<MetricsRow> => {
      const runDir = join(folder, `signal-${signal}`);
      const market = syntheticMarket({ signal, headlinesPerDay: 4 });
      await trainForecaster({ market, runDir, settings: { epochs: 2 } });
      return (await evaluateRun(runDir)).rows[0];
    };

    it(
      'finds a signal that is there: better than persistence with p < 0.01',
      async () => {
        const { dieboldMariano, directionalInterval } = await modelRow(STRONG);
        expect(dieboldMariano!.statistic).toBeLessThan(0);
        expect(dieboldMariano!.pValue).toBeLessThan(0.01);
        expect(directionalInterval![0]).toBeGreaterThan(0.5);
      },
      5 * MINUTES,
    );

    it(
      'finds none where there is none',
      async () => {
        const { dieboldMariano } = await modelRow(0);
        expect(dieboldMariano!.pValue > 0.01 || dieboldMariano!.statistic > 0).toBe(true);
      },
      5 * MINUTES,
    );
  },
);
