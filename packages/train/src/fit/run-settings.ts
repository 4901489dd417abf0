import type { Schedule } from '../schedules.js';
import type { FitOptions } from './fit-options.js';
import type { RunShape } from './plan-epoch.js';

/** All settings that affect a run's results, as plain data: a run resumed from a checkpoint must have the same. */
export function runSettings<Batch>(
  options: FitOptions<Batch>,
  shape: RunShape,
  schedule: Schedule,
  totalSteps: number,
): Record<string, unknown> {
  const { size, batchSize, gradientAccumulationSteps, epochs, maxSteps } = shape;
  const {
    optimizer,
    random,
    shuffle = true,
    maxGradNorm = null,
    gradientScaler,
    evaluateEvery = null,
    logEvery = 10,
  } = options;
  const { earlyStopping = null, averageDecay = null, checkpoints } = options;
  return {
    examples: size,
    batchSize,
    gradientAccumulationSteps,
    epochs: finiteOrNull(epochs),
    maxSteps: finiteOrNull(maxSteps),
    shuffle,
    // Streams do not tell their seed, but their numbers do.
    randomness: [
      ...random
        .stream('shuffle')
        .at(0)
        .permutation(2 ** 16)
        .subarray(0, 2),
    ].join(' '),
    learningRateFactors: [0, 0.1, 0.5, 0.9].map((part) => schedule(Math.floor(part * totalSteps))),
    maxGradNorm,
    gradientScaling: gradientScaler?.enabled ?? false,
    averageDecay,
    evaluateEvery,
    logEvery,
    earlyStopping: earlyStopping && { ...earlyStopping, patience: finiteOrNull(earlyStopping.patience) },
    optimizer: optimizer.settings,
    parameters: Object.fromEntries(
      [...optimizer.parameters].map(([name, { shape }]) => [name, shape.join('x')]),
    ),
    yours: checkpoints?.settings ?? {},
  };
}

/** JSON has no infinity. */
function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
