import type { Scaler, ScalerState } from './scaler.js';

/** What both scalers share: (value - center) / scale for each column. */
export abstract class ColumnScaler implements Scaler {
  readonly width: number;
  protected center: readonly number[] | null = null;
  protected scale: readonly number[] = [];

  constructor(width: number) {
    if (!Number.isInteger(width) || width < 1) throw new RangeError(`a scaler cannot have ${width} columns`);
    this.width = width;
  }

  protected abstract readonly kind: ScalerState['kind'];
  /** Center and scale of one column's values; a scale of 0 means that the column is constant. */
  protected abstract fitColumn(values: Float64Array): { center: number; scale: number };

  fit(rows: ArrayLike<number>): this {
    const n = this.rowCount(rows);
    if (n === 0) throw new RangeError('a scaler needs at least one row');
    const columns = Array.from({ length: this.width }, (_, column) =>
      this.fitColumn(Float64Array.from({ length: n }, (_row, row) => rows[row * this.width + column])),
    );
    const broken = columns.findIndex(
      ({ center, scale }) => !Number.isFinite(center) || !Number.isFinite(scale),
    );
    if (broken >= 0)
      throw new RangeError(`column ${broken} holds a value that is not finite, or too large to scale`);
    // + 0 turns -0 into 0: JSON does not keep the sign of zero.
    this.center = columns.map(({ center }) => center + 0);
    this.scale = columns.map(({ scale }) => (scale === 0 ? 1 : scale));
    return this;
  }

  transform(rows: ArrayLike<number>): Float64Array {
    const { center, scale } = this.fitted();
    this.rowCount(rows);
    return Float64Array.from(rows, (value, i) => (value - center[i % this.width]) / scale[i % this.width]);
  }

  inverseTransform(rows: ArrayLike<number>): Float64Array {
    const { center, scale } = this.fitted();
    this.rowCount(rows);
    return Float64Array.from(rows, (value, i) => value * scale[i % this.width] + center[i % this.width]);
  }

  toJSON(): ScalerState {
    return { kind: this.kind, ...this.fitted() };
  }

  protected restore({ kind, center, scale }: ScalerState): this {
    const usable =
      kind === this.kind &&
      [center, scale].every((values) => values?.length === this.width && values.every(Number.isFinite)) &&
      scale.every((value) => value > 0);
    if (!usable) throw new RangeError(`this is not the state of a ${this.kind} scaler`);
    this.center = [...center];
    this.scale = [...scale];
    return this;
  }

  private fitted(): { center: readonly number[]; scale: readonly number[] } {
    if (this.center === null)
      throw new Error('the scaler is not fitted: call fit(rows) with training rows first');
    return { center: this.center, scale: this.scale };
  }

  private rowCount(rows: ArrayLike<number>): number {
    if (rows.length % this.width === 0) return rows.length / this.width;
    throw new RangeError(`${rows.length} values are no whole number of rows of ${this.width}`);
  }
}
