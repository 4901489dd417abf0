/** Names of the files in a run folder, in the order in which a run writes them. */
export const runFiles = {
  /** Settings as they were used. */
  config: 'config.json',
  /** Backend, versions and machine. */
  environment: 'environment.json',
  /** Which data: name, fingerprint, splits. */
  data: 'data.json',
  /** One JSON object per epoch. */
  metrics: 'metrics.jsonl',
  /** Everything that is needed to forecast again. */
  weights: 'checkpoint/model.safetensors',
  forecaster: 'checkpoint/forecaster.json',
  predictions: 'predictions.csv',
  /** Written by `fin evaluate`. */
  evaluation: 'evaluation.json',
  /** Sizes and sha256 of all others, last. */
  manifest: 'manifest.json',
} as const;
