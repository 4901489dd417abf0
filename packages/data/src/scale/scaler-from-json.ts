import { MinMaxScaler } from './min-max-scaler.js';
import type { Scaler, ScalerState } from './scaler.js';
import { StandardScaler } from './standard-scaler.js';

/** The scaler that `toJSON` wrote, of either kind. */
export function scalerFromJSON(state: ScalerState): Scaler {
  return state.kind === 'minMax' ? MinMaxScaler.fromJSON(state) : StandardScaler.fromJSON(state);
}
