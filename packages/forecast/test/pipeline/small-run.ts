import { makeMarket, syntheticMarket } from '@fin/data';
import type { ColumnTable } from 'arquero';
import { from } from 'arquero';
import type { ForecasterOptions } from '../../src/index.js';

const {
  fingerprint: _,
  prices,
  headlines,
  ...rest
} = syntheticMarket({
  start: '2013-08-01',
  days: 400,
  headlinesPerDay: 2,
  seed: 3,
});

/** Without most of 2014, the year that is validated on. */
const shortened = (table: ColumnTable) =>
  from(
    (table.objects() as { date: string }[]).filter(({ date }) => date < '2014-02-15' || date > '2014-12-15'),
  );

/** Small enough for the plain JavaScript backend: about 100 training days, 40 for validation, 40 for the test. */
export const smallMarket = makeMarket({
  ...rest,
  prices: shortened(prices),
  headlines: shortened(headlines),
});

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
