import type { DeltaName, JobName } from '@fin/compare';

/** Name of each difference in a table. */
export const deltaWords: Readonly<Record<DeltaName, string>> = {
  trainingTimeReduction: 'Training time',
  modelSizeReduction: 'Checkpoint size',
  memoryReduction: 'Peak memory',
  tensorMemoryReduction: 'Peak memory of tensors',
  inferenceSpeedup: 'Inference time, adapters merged',
  unmergedInferenceSpeedup: 'Inference time, adapters apart',
  deltaRmse: 'RMSE, points',
  deltaMae: 'MAE, points',
  deltaMape: 'MAPE',
  deltaDirectionalAccuracy: 'Directional accuracy',
  deltaAccuracy: 'Accuracy',
  deltaMacroF1: 'Macro-F1',
};

/** Name of each job in a heading. */
export const jobWords: Readonly<Record<JobName, string>> = {
  sentiment: 'Sentiment of sentences',
  forecast: 'Forecast of the next close',
};

/** What one call of inference works on, in each job. */
export const batchWords: Readonly<Record<JobName, string>> = {
  sentiment: 'sentences',
  forecast: 'decision days',
};

/** Meaning and unit of every measure. */
export const MEANINGS: readonly (readonly [term: string, meaning: string])[] = [
  [
    'Training time',
    'seconds per epoch: the mean duration of an update times the updates of an epoch. The first updates of a process fill caches and are not timed; evaluation and saving are not part of it',
  ],
  [
    'Headlines, tokens',
    'headlines or sentences, and real tokens (special ones included, no padding), trained on per second',
  ],
  [
    'Processor, GPU',
    'processor time over wall time and number of processors during training; share of the time in which the GPU computed, as nvidia-smi reports it',
  ],
  [
    'Peak memory',
    'largest resident memory of the training process in MB (1e6 bytes), Node and TensorFlow included; of tensors: all native tensors together, which are weights, gradients, optimizer state and activations; of the GPU: memory in use on it',
  ],
  [
    'Checkpoint size',
    'MB (1e6 bytes) on disk that must be kept to have the model again: the whole model, or the adapters without the pretrained model they belong to',
  ],
  ['Trained', 'number of weights that training changes'],
  [
    'Inference time',
    'milliseconds of one call, from texts to numbers on the host. First: the first call of this size in a fresh process; median and 95th percentile: of the calls after it. Merged: the adapters were added into the weights. A difference is that of the geometric mean of the medians over all batch sizes',
  ],
  [
    'RMSE, MAE, MAPE',
    'root mean squared and mean absolute error of the forecast close in index points, and the latter as a share of the close, on the test days',
  ],
  ['Directional accuracy', 'share of test days whose rise or fall was forecast'],
  [
    'Accuracy, macro-F1',
    'share of test sentences with the right class, and the unweighted mean of the classes’ F1',
  ],
  [
    '÷',
    'a ratio: cost of the baseline divided by that of the variant, geometric mean over pairs with the same seed and repeat. ÷ 4 is a quarter of the cost, ÷ 0.5 is twice the cost',
  ],
  [
    '+ and −',
    'a difference: score of the variant minus that of the baseline, mean over pairs with the same seed',
  ],
  [
    'better, worse, noise',
    'noise: the interval (Student’s t over the pairs) includes no difference. Better or worse: it does not. Unknown: one pair has no interval. “Noise” does not show that two variants are equal; a narrow interval does',
  ],
];
