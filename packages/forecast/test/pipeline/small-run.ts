import { syntheticMarket } from '@fin/data';
import type { ForecasterOptions } from '../../src/index.js';

/** Small enough for the plain JavaScript backend: about 100 training days, 250 for validation, 40 for the test. */
export const smallMarket = syntheticMarket({ start: '2013-08-01', days: 400, headlinesPerDay: 2, seed: 3 });

export const smallSettings: ForecasterOptions = {
  epochs: 2,
  batchSize: 32,
  lstm: { hiddenSize: 4 },
  fusionSize: 4,
  encoder: {
    hiddenSize: 8,
    numHiddenLayers: 1,
    numAttentionHeads: 2,
    intermediateSize: 16,
    vocabularySize: 300,
    maxLength: 16,
  },
};
