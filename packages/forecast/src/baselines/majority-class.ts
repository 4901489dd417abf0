import type { Baseline, TrainingMove } from './baseline.js';
import { constantChange } from './baseline.js';
import { trainingChanges } from './training-changes.js';

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
