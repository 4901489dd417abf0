import { ColumnScaler } from './column-scaler.js';
import type { ScalerState } from './scaler.js';

/**
 * Each column to mean 0 and standard deviation 1 (dividing by n, as scikit-learn's `StandardScaler`); a constant column
 * is only centered.
 *
 * @example
 * const scaler = new StandardScaler(2).fit([0, 10, 2, 30]);
 * scaler.transform([1, 20]); // [0, 0]
 */
export class StandardScaler extends ColumnScaler {
  protected readonly kind = 'standard' as const;

  static fromJSON(state: ScalerState): StandardScaler {
    return new StandardScaler(state.center.length).restore(state);
  }

  protected fitColumn(values: Float64Array): { center: number; scale: number } {
    const n = values.length;
    if (values.every((value) => value === values[0])) return { center: values[0], scale: 0 };
    const mean = values.reduce((sum, value) => sum + value, 0) / n;
    return {
      center: mean,
      scale: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n),
    };
  }
}
