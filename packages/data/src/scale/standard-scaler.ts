import { z } from 'zod';

/** A fitted scaler as JSON. For each column: scaled = (value - center) / scale. */
export interface ScalerState {
  readonly kind: 'standard';
  /** Mean of each column. */
  readonly center: readonly number[];
  /** Standard deviation of each column; 1 for a constant column. */
  readonly scale: readonly number[];
}

/** Schema of {@link ScalerState}, for files that hold one. */
export const scalerStateSchema: z.ZodType<ScalerState> = z
  .object({
    kind: z.literal('standard'),
    center: z.array(z.number()).min(1),
    scale: z.array(z.number().positive()).min(1),
  })
  .refine(({ center, scale }) => center.length === scale.length, {
    message: 'center and scale must have one number per column',
  });

/**
 * Scales each column to mean 0 and standard deviation 1. It divides by n, like scikit-learn's `StandardScaler`. A
 * constant column is only centered. Fit it on training rows alone.
 *
 * Rows are row-major in one array, `[n, width]`, so that one call can scale several windows.
 *
 * @example
 * const scaler = new StandardScaler(2).fit([0, 10, 2, 30]);
 * scaler.transform([1, 20]); // [0, 0]
 */
export class StandardScaler {
  /** Number of columns. */
  readonly width: number;
  #center: readonly number[] | null = null;
  #scale: readonly number[] = [];

  /** @param width Number of columns. */
  constructor(width: number) {
    if (!Number.isInteger(width) || width < 1) throw new RangeError(`a scaler cannot have ${width} columns`);
    this.width = width;
  }

  /**
   * Restores a fitted scaler from its JSON form.
   *
   * @throws RangeError when the state is not that of a fitted scaler.
   */
  static fromJSON(state: ScalerState): StandardScaler {
    const { success, data } = scalerStateSchema.safeParse(state);
    if (!success) throw new RangeError('this is not the state of a standard scaler');
    const scaler = new StandardScaler(data.center.length);
    scaler.#center = [...data.center];
    scaler.#scale = [...data.scale];
    return scaler;
  }

  /** Computes mean and standard deviation of each column. A second fit replaces the first. */
  fit(rows: ArrayLike<number>): this {
    const n = this.#rowCount(rows);
    if (n === 0) throw new RangeError('a scaler needs at least one row');
    const columns = Array.from({ length: this.width }, (_, column) =>
      fitColumn(Float64Array.from({ length: n }, (_row, row) => rows[row * this.width + column])),
    );
    const broken = columns.findIndex(
      ({ center, scale }) => !Number.isFinite(center) || !Number.isFinite(scale),
    );
    if (broken >= 0)
      throw new RangeError(`column ${broken} holds a value that is not finite, or too large to scale`);
    // + 0 turns -0 into 0: JSON does not keep the sign of zero.
    this.#center = columns.map(({ center }) => center + 0);
    this.#scale = columns.map(({ scale }) => (scale === 0 ? 1 : scale));
    return this;
  }

  /** Returns a scaled copy of rows. */
  transform(rows: ArrayLike<number>): Float64Array {
    const { center, scale } = this.toJSON();
    this.#rowCount(rows);
    return Float64Array.from(rows, (value, i) => (value - center[i % this.width]) / scale[i % this.width]);
  }

  /** Undoes {@link transform}, up to rounding. */
  inverseTransform(rows: ArrayLike<number>): Float64Array {
    const { center, scale } = this.toJSON();
    this.#rowCount(rows);
    return Float64Array.from(rows, (value, i) => value * scale[i % this.width] + center[i % this.width]);
  }

  toJSON(): ScalerState {
    if (this.#center === null)
      throw new Error('the scaler is not fitted: call fit(rows) with training rows first');
    return { kind: 'standard', center: this.#center, scale: this.#scale };
  }

  #rowCount(rows: ArrayLike<number>): number {
    if (rows.length % this.width === 0) return rows.length / this.width;
    throw new RangeError(`${rows.length} values are no whole number of rows of ${this.width}`);
  }
}

/** Mean and standard deviation of one column; a standard deviation of exactly 0 for a constant one. */
function fitColumn(values: Float64Array): { center: number; scale: number } {
  const n = values.length;
  if (values.every((value) => value === values[0])) return { center: values[0], scale: 0 };
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  return {
    center: mean,
    scale: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n),
  };
}
