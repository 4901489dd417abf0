import { z } from 'zod';
import { withRun } from '../src/index.js';

export const environment = {
  backend: 'cpu',
  tensorflowVersion: '1',
  fusedOps: false,
  precision: { asked: 'fp32', decision: null, summary: 'float32' },
  node: '20',
  platform: 'linux-x64',
  cpu: 'any',
  cores: 1,
  notes: [],
};

export const opened = { inputs: [] as string[], source: {}, environment, data: { fingerprint: 'abc' } };

/** Options of `withRun` for a run with one setting. */
export const planOf = (dir: string, options: object = {}) => ({
  dir,
  kind: 'forecaster' as const,
  resolve: () => ({ seed: 1 }),
  schema: z.object({ seed: z.number() }),
  open: async () => opened,
  ...options,
});

/** Writes a run; `text` is its result. */
export const train = (dir: string, text: string, options: object = {}) =>
  withRun(planOf(dir, options), async ({ run }) => {
    await run.writeText('predictions.csv', text);
    return text;
  });
