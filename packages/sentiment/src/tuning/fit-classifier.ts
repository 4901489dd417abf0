import { GradScaler, precisionPolicy } from '@fin/amp';
import { crossEntropy } from '@fin/finbert-lora';
import { packSequences } from '@fin/finbert-lora/tokenizer';
import type { ProcessGroup } from '@fin/parallel';
import { randomStreams } from '@fin/runtime';
import type { CheckpointOptions, FitEvent, FitResult } from '@fin/train';
import { fit, linearSchedule, makeOptimizer } from '@fin/train';
import { evaluateClassifier } from './evaluate-classifier.js';
import { GradualUnfreezing } from './gradual-unfreezing.js';
import { layerRateGroups } from './layer-rate-groups.js';
import type { SentenceBatch, SentenceSet } from './sentence-set.js';
import { sentenceBatches } from './sentence-set.js';
import type { TuningSettings } from './settings.js';
import type { TunableModel } from './tunable-model.js';

/** Data and settings for training a classifier. */
export interface ClassifierFit {
  readonly train: SentenceSet;
  readonly validation: SentenceSet;
  /** Weight of each class in the loss. */
  readonly weights: readonly number[];
  readonly settings: TuningSettings;
  /** Where and how often to write checkpoints. @default none */
  readonly checkpoints?: CheckpointOptions;
  /** Ends training after this many updates, and evaluates nothing: to measure its cost. @default none */
  readonly maxSteps?: number;
  /** Stops training between two updates, after writing a checkpoint. */
  readonly signal?: AbortSignal;
  /** Processes that train together. @default this one alone */
  readonly group?: ProcessGroup;
  readonly onEvent: (event: FitEvent) => void;
}

/** Trains a classifier. Afterwards it has the weights of the epoch with the lowest validation loss. */
export async function fitClassifier(
  model: TunableModel,
  { train, validation, weights, settings, checkpoints, maxSteps, signal, group, onEvent }: ClassifierFit,
): Promise<FitResult> {
  const { labels, layers } = model;
  const { learningRate, batchSize, epochs, patience, maxGradNorm, warmupShare } = settings;
  const optimizer = makeOptimizer(settings.optimizer, layerRateGroups(model, layers, settings), {
    learningRate,
  });
  const unfreezing = settings.gradualUnfreezing ? new GradualUnfreezing(model, layers) : null;
  try {
    if (settings.cacheFrozenLayers) keepAll(model, train, batchSize);
    return await fit<SentenceBatch>({
      model,
      optimizer,
      data: sentenceBatches(train),
      batchSize,
      epochs,
      maxSteps,
      random: randomStreams(settings.seed),
      maxGradNorm,
      gradientScaler: new GradScaler({ enabled: precisionPolicy(settings.precision).needsScaler }),
      schedule: ({ totalSteps }) =>
        linearSchedule({ totalSteps, warmupSteps: Math.round(warmupShare * totalSteps) }),
      loss: (batch, { dropout }) => ({
        loss: crossEntropy(model.forward(batch.tokens, { training: true, dropout }), batch.labels, {
          classWeights: weights,
        }),
        weight: batch.labels.reduce((sum, label) => sum + weights[label], 0),
      }),
      ...(maxSteps === undefined && {
        evaluate: async () => {
          const { loss, report } = await evaluateClassifier(model, validation, { labels, weights });
          return { loss, accuracy: report.accuracy, macroF1: report.macroF1 };
        },
        earlyStopping: { patience },
      }),
      checkpoints,
      signal,
      group,
      onEvent: (event) => {
        if (event.type === 'start') unfreezing?.update(event.step / event.stepsPerEpoch);
        if (event.type === 'step') unfreezing?.update(event.epoch);
        onEvent(event);
      },
    });
  } finally {
    unfreezing?.release();
    optimizer.dispose();
  }
}

/** Fills the cache in the order of the data, so that a resumed run has the same hidden states to the last bit. */
function keepAll(model: TunableModel, { sequences }: SentenceSet, batchSize: number): void {
  for (let begin = 0; begin < sequences.length; begin += batchSize) {
    model.keepFrozenLayers(packSequences(sequences.slice(begin, begin + batchSize)));
  }
}
