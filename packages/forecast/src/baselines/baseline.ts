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
