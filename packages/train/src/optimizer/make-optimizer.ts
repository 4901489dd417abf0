import { AdamW } from './adam-w.js';
import { AdamW8bit } from './adam-w-8bit.js';
import type { AdamWOptions } from './adam-w-settings.js';
import type { Optimizer, ParameterGroup } from './optimizer.js';

/** Names of the optimizers in settings: AdamW with moments in float32, or in 8 bits. */
export const optimizerNames = ['adamw', 'adamw8bit'] as const;

export type OptimizerName = (typeof optimizerNames)[number];

/** The optimizer of that name. @throws {TrainInputError} as `AdamW` */
export function makeOptimizer(
  name: OptimizerName,
  groups: readonly ParameterGroup[],
  options: AdamWOptions = {},
): Optimizer {
  return name === 'adamw8bit' ? new AdamW8bit(groups, options) : new AdamW(groups, options);
}
