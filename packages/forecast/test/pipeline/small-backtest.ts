import { syntheticMarket } from '@fin/data';
import type { BacktestOptions } from '../../src/index.js';
import { smallSettings } from './small-run.js';

/** 175 samples: 60 days to train at first, 20 to validate, and three folds of 20 test days or fewer. */
export const walkMarket = syntheticMarket({ start: '2013-01-02', days: 220, headlinesPerDay: 2, seed: 5 });

export const walkSettings: BacktestOptions = {
  forecaster: { ...smallSettings, epochs: 1 },
  from: '2013-10-01',
  to: '2013-11-15',
  refitEvery: 14,
  validationDays: 20,
  seeds: 2,
};
