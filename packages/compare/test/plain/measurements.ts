import type { Measurement } from '../../src/index.js';

/** A measurement with round numbers. */
export function measurement(changes: Partial<Measurement> = {}): Measurement {
  return {
    job: 'sentiment',
    variant: 'full-fp32',
    seed: 1,
    repeat: 0,
    training: {
      updates: 10,
      updatesPerEpoch: 20,
      epochSeconds: 8,
      headlinesPerSecond: 100,
      tokensPerSecond: 3000,
      utilization: 0.9,
      peakMemoryBytes: 800e6,
      peakTensorBytes: 600e6,
      weightBytes: 88e6,
      optimizerBytes: 176e6,
      gpu: null,
    },
    checkpoint: { bytes: 90e6, files: 4 },
    trainableParameters: 22_000_000,
    parameters: 22_000_000,
    latency: [
      { batchSize: 1, merged: true, coldMs: 50, p50Ms: 4, p95Ms: 5, calls: 50 },
      { batchSize: 8, merged: true, coldMs: 20, p50Ms: 16, p95Ms: 20, calls: 50 },
    ],
    epochs: [{ epoch: 1, trainLoss: 0.9, validationLoss: 0.8 }],
    scores: { rmse: null, mae: null, mape: null, directionalAccuracy: null, accuracy: 0.8, macroF1: 0.7 },
    seconds: 60,
    ...changes,
  };
}
