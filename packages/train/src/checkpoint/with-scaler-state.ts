import type { GradientScaler } from '../fit/gradient-scaler.js';
import type { CheckpointOptions } from './checkpoint-options.js';

/** Name of a gradient scaler's state among the others. */
const NAME = 'gradientScaler';

/** The options with the state of the run's gradient scaler, where there is one at work, among those to keep. */
export function withScalerState(
  options: CheckpointOptions,
  scaler: GradientScaler | undefined,
): CheckpointOptions {
  if (!scaler?.enabled) return options;
  const resumable = {
    state: () => scaler.stateDict(),
    restore: (state: unknown) => scaler.loadStateDict(state),
  };
  return { ...options, states: { ...options.states, [NAME]: resumable } };
}
