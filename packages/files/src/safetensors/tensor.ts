import type { SafetensorsData, SafetensorsDtype } from './dtypes.js';

/** What a header says about one tensor. */
export interface SafetensorsInfo {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  /** Sizes, outermost first; empty for a scalar. */
  readonly shape: readonly number[];
  /** Place of the first byte, counted from the end of the header. */
  readonly offset: number;
  /** Length in bytes. */
  readonly bytes: number;
}

/** One tensor with its elements. */
export interface SafetensorsTensor {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  /** Sizes, outermost first; empty for a scalar. */
  readonly shape: readonly number[];
  /** Elements, row-major. */
  readonly data: SafetensorsData;
}
