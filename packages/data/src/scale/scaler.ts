/**
 * Scales columns. Rows come row-major in one array, `[n, width]`, as windows of samples do: several windows can be
 * scaled at once. Fit it on the training part alone.
 */
export interface Scaler {
  /** Number of columns. */
  readonly width: number;
  /** Learns from rows; earlier fits are forgotten. */
  fit(rows: ArrayLike<number>): this;
  /** Scaled copy of rows. */
  transform(rows: ArrayLike<number>): Float64Array;
  /** The rows from which {@link transform} made these, up to rounding. */
  inverseTransform(rows: ArrayLike<number>): Float64Array;
  toJSON(): ScalerState;
}

/** A fitted scaler as JSON: scaled = (value - center) / scale, column by column. */
export interface ScalerState {
  readonly kind: 'standard' | 'minMax';
  readonly center: readonly number[];
  readonly scale: readonly number[];
}
