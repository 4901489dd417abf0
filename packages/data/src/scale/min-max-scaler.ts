import { ColumnScaler } from './column-scaler.js';
import type { ScalerState } from './scaler.js';

/** Each column's training minimum to 0 and maximum to 1; later values may lie outside. A constant column goes to 0. */
export class MinMaxScaler extends ColumnScaler {
  protected readonly kind = 'minMax' as const;

  static fromJSON(state: ScalerState): MinMaxScaler {
    return new MinMaxScaler(state.center.length).restore(state);
  }

  protected fitColumn(values: Float64Array): { center: number; scale: number } {
    let [low, high] = [values[0], values[0]];
    for (const value of values) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    return { center: low, scale: high - low };
  }
}
