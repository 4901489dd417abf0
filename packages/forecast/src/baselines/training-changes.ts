import { ForecastInputError } from '../errors.js';
import type { TrainingMove } from './baseline.js';

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
