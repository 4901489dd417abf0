import type {
  BandRow,
  ConfusionData,
  CoverageRow,
  EpochRow,
  FoldRow,
  ForecastRow,
  IntervalRow,
  LatencyRow,
  LeadLagRow,
  MemoryRow,
  OpProfile,
  SentimentRow,
  VariantMetric,
} from '../src/index.js';

/** `n` weekdays from 2015-01-01 on. */
export function weekdays(n: number): string[] {
  const days: string[] = [];
  for (let time = Date.parse('2015-01-01'); days.length < n; time += 86_400_000) {
    const weekday = new Date(time).getUTCDay();
    if (weekday > 0 && weekday < 6) days.push(new Date(time).toISOString().slice(0, 10));
  }
  return days;
}

export function forecastRows(n: number): ForecastRow[] {
  const close = (i: number) => 17_000 + 400 * Math.sin(i / 9) + 90 * Math.sin(i * 2.4);
  return weekdays(n).map((targetDate, i) => ({
    targetDate,
    lastClose: close(i),
    actual: close(i + 1),
    predicted: close(i) + 12 * Math.sin(i * 1.7),
  }));
}

export function sentimentRows(n: number): SentimentRow[] {
  return weekdays(n).map((date, i) => ({
    date,
    close: 17_000 + 400 * Math.sin(i / 9),
    sentiment: 0.6 * Math.sin(i * 1.3),
  }));
}

export const epochRows: EpochRow[] = [
  { epoch: 1, trainLoss: 1.1, validationLoss: 1.2 },
  { epoch: 2, trainLoss: 0.8, validationLoss: 1.0 },
  { epoch: 3, trainLoss: 0.6, validationLoss: 1.1 },
];

export const bandRows = (n: number): BandRow[] =>
  forecastRows(n).map((row) => ({ ...row, low: row.predicted - 90, high: row.predicted + 90 }));

export const coverageRows: CoverageRow[] = [0.5, 0.8, 0.9].flatMap((nominal) => [
  { method: 'split conformal', nominal, observed: nominal - 0.04 },
  { method: 'adaptive', nominal, observed: nominal + 0.01 },
]);

export const intervalRows: IntervalRow[] = [
  { name: 'price-only', value: 0.2, low: -0.5, high: 0.9 },
  { name: 'fused', value: -0.4, low: -0.8, high: -0.1 },
];

export const leadLagRows: LeadLagRow[] = Array.from({ length: 11 }, (_, i) => {
  const correlation = i === 5 ? 0.3 : 0.05 * Math.sin(i);
  return { lag: i - 5, correlation, low: correlation - 0.06, high: correlation + 0.06 };
});

export const folds: FoldRow[] = [2012, 2013].map((year) => ({
  train: ['2008-08-08', `${year}-09-30`],
  validation: [`${year}-10-01`, `${year}-12-31`],
  test: [`${year + 1}-01-01`, `${year + 1}-12-31`],
}));

export const confusion: ConfusionData = {
  labels: ['positive', 'negative', 'neutral'],
  confusion: [
    [110, 10, 20],
    [5, 50, 6],
    [30, 14, 220],
  ],
};

export const variantMetrics: VariantMetric[] = [
  { metric: 'Checkpoint, MB', variant: 'full', value: 91 },
  { metric: 'Checkpoint, MB', variant: 'LoRA', value: 0.3 },
  { metric: 'Peak memory, MB', variant: 'full', value: 2400 },
  { metric: 'Peak memory, MB', variant: 'LoRA', value: 700 },
];

export const profiles: OpProfile[] = [
  {
    name: 'before',
    ops: [
      { op: 'MatMul', ms: 50 },
      { op: 'AddV2', ms: 20 },
      { op: 'Cast', ms: 4 },
    ],
  },
  { name: 'after', ops: [{ op: 'MatMul', ms: 30 }] },
];

export const memoryRows: MemoryRow[] = [0, 5, 9].flatMap((ms) => [
  { ms, category: 'weights', bytes: 90e6 },
  { ms, category: 'activations', bytes: 1e7 * ms },
]);

export const latencyRows: LatencyRow[] = ['full', 'LoRA'].flatMap((variant, i) =>
  [1, 8, 32].map((batchSize) => ({
    variant,
    batchSize,
    p50: (3 + batchSize) / (1 + i),
    p95: (4 + 1.2 * batchSize) / (1 + i),
  })),
);
