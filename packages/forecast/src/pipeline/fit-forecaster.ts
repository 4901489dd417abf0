import { GradScaler } from '@fin/amp';
import type { Sample, Split } from '@fin/data';
import { randomStreams } from '@fin/runtime';
import type { CheckpointOptions, FitEvent, FitResult } from '@fin/train';
import { AdamW, decayGroups, fit, linearSchedule } from '@fin/train';
import { huberLoss, huberLossOf } from '../model/huber-loss.js';
import type { Forecaster } from './forecaster.js';
import { trainingData } from './training-data.js';

/** Share of the updates for linear warmup of the learning rate. */
const WARMUP_SHARE = 0.1;

/** Options of {@link fitForecaster}. */
export interface FitForecasterOptions {
  /** @default none */
  readonly checkpoints?: CheckpointOptions;
  /** Stops training between two updates, after writing a checkpoint. */
  readonly signal?: AbortSignal;
  readonly onEvent: (event: FitEvent) => void;
}

/** Trains a forecaster. Afterwards it has the weights of the epoch with the lowest validation loss. */
export async function fitForecaster(
  forecaster: Forecaster,
  { train, validation }: Split<Sample>,
  { checkpoints, signal, onEvent }: FitForecasterOptions,
): Promise<FitResult> {
  const { seed, batchSize, epochs, patience, learningRate, weightDecay, maxGradNorm } = forecaster.settings;
  const random = randomStreams(seed);
  const optimizer = new AdamW(decayGroups(forecaster.model, weightDecay), { learningRate });
  const validationReturns = forecaster.target.transform(
    validation.map(({ targetLogReturn }) => targetLogReturn),
  );
  try {
    return await fit({
      model: forecaster.model,
      optimizer,
      data: trainingData(forecaster, train, random.stream('data')),
      batchSize,
      epochs,
      random,
      maxGradNorm,
      gradientScaler: new GradScaler({ enabled: forecaster.policy.needsScaler }),
      schedule: ({ totalSteps }) =>
        linearSchedule({ totalSteps, warmupSteps: Math.round(WARMUP_SHARE * totalSteps) }),
      loss: ({ input, target }, { dropout }) =>
        huberLoss(target, forecaster.forward(input, dropout).standardizedReturn),
      evaluate: async () => {
        const forecasts = await forecaster.predict(validation);
        const returns = forecaster.target.transform(forecasts.map(({ logReturn }) => logReturn));
        return { loss: huberLossOf(validationReturns, returns) };
      },
      earlyStopping: { patience },
      checkpoints,
      signal,
      onEvent,
    });
  } finally {
    optimizer.dispose();
  }
}
