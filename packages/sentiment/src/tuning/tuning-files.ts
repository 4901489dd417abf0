/** Names of the files of a fine-tuning run, in the order in which it writes them. */
export const tuningFiles = {
  /** Settings as they were used, and where model and sentences came from. */
  config: 'config.json',
  /** Backend, versions and machine. */
  environment: 'environment.json',
  /** Which sentences: counts, what was left out, fingerprint, split. */
  data: 'data.json',
  /** One JSON object per epoch. */
  metrics: 'metrics.jsonl',
  /** Folder of the whole model, when all weights were trained. */
  model: 'model',
  /** Folder of the adapter, in PEFT's format, when adapters were. */
  adapter: 'adapter',
  /** Accuracy, macro-F1 and each class's scores on the test sentences. */
  evaluation: 'evaluation.json',
  /** Test sentences by actual and predicted class. */
  confusion: 'confusion.json',
  /** Sizes and sha256 of all others, last. */
  manifest: 'manifest.json',
} as const;
