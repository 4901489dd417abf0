import { GradScaler } from '@fin/amp';
import type { Sample, Split } from '@fin/data';
import type { ProcessGroup } from '@fin/parallel';
import { randomStreams } from '@fin/runtime';
import type { CheckpointOptions, FitEvent, FitResult } from '@fin/train';
import { fit, linearSchedule, makeOptimizer } from '@fin/train';
import { huberLoss, huberLossOf } from '../model/huber-loss.js';
import type { TextSize } from '../text/headline-tokens.js';
import type { Forecaster } from './forecaster.js';
import { parameterGroups } from './parameter-groups.js';
import { trainingData } from './training-data.js';

/** Share of the updates for linear warmup of the learning rate. */
const WARMUP_SHARE = 0.1;

/** Options of {@link fitForecaster}. */
export interface FitForecasterOptions {
  /** Where and how often to write checkpoints. @default none */
  readonly checkpoints?: CheckpointOptions;
  /** Ends training after this many updates, and evaluates nothing: to measure its cost. @default none */
  readonly maxSteps?: number;
  /** Called with the size of the text of each training batch, which is made before its update. */
  readonly onBatch?: (size: TextSize) => void;
  /** Stops training between two updates, after writing a checkpoint. */
  readonly signal?: AbortSignal;
  /** Processes that train together. @default this one alone */
  readonly group?: ProcessGroup;
  readonly onEvent: (event: FitEvent) => void;
}

/** Trains a forecaster. Afterwards it has the weights of the epoch with the lowest validation loss. */
export async function fitForecaster(
  forecaster: Forecaster,
  { train, validation }: Split<Sample>,
  { checkpoints, maxSteps, onBatch, signal, group, onEvent }: FitForecasterOptions,
): Promise<FitResult> {
  const { settings } = forecaster;
  const { seed, batchSize, gradientAccumulationSteps, epochs, patience, learningRate, maxGradNorm } =
    settings;
  const random = randomStreams(seed);
  const groups = parameterGroups(forecaster.model, settings);
  const optimizer = makeOptimizer(settings.optimizer, groups, { learningRate });
  const { target, targetScaler } = forecaster;
  const actual = targetScaler.transform(validation.map(target.of));
  try {
    return await fit({
      model: forecaster.model,
      optimizer,
      data: trainingData(forecaster, train, random.stream('data'), onBatch),
      batchSize,
      gradientAccumulationSteps,
      epochs,
      maxSteps,
      random,
      maxGradNorm,
      gradientScaler: new GradScaler({ enabled: forecaster.policy.needsScaler }),
      schedule: ({ totalSteps }) =>
        linearSchedule({ totalSteps, warmupSteps: Math.round(WARMUP_SHARE * totalSteps) }),
      loss: ({ input, target: values }, { dropout }) =>
        huberLoss(values, forecaster.forward(input, dropout).standardized),
      ...(maxSteps === undefined && {
        evaluate: async () => {
          const forecasts = await forecaster.predict(validation);
          const predicted = forecasts.map((forecast) =>
            settings.target === 'return' ? forecast.logReturn : forecast.close,
          );
          return { loss: huberLossOf(actual, targetScaler.transform(predicted)) };
        },
        earlyStopping: { patience },
      }),
      checkpoints,
      signal,
      group,
      onEvent,
    });
  } finally {
    optimizer.dispose();
  }
}
