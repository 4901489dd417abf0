import type { Int8Codes } from './int8.js';

/** Rows of a panel, and depths that it is filled up to: see `kPanel` and `kInt8Depth` of the native code. */
const PANEL = 32;
const PANEL_DEPTH = 64;

/** Codes that are neighbours: those of a row at four depths. */
const FOUR = 4;

/** What the codes of activations are more than their values. */
const SHIFT = 128;

/** A matrix in int8 as products in int8 take it. All arrays are filled up with zeros to whole panels of rows. */
export interface Int8Panels {
  /** [panels, depth / 4, 32, 4] */
  readonly codes: Int8Array;
  /** Largest magnitude of each row. */
  readonly absmax: Float32Array;
  /** 128 times the sum of each row's codes. */
  readonly surplus: Int32Array;
}

/** Puts the codes into panels. */
export function toPanels({ codes, absmax }: Int8Codes, cols: number): Int8Panels {
  const rows = Math.ceil(absmax.length / PANEL) * PANEL;
  const depth = Math.ceil(cols / PANEL_DEPTH) * PANEL_DEPTH;
  const panels = {
    codes: new Int8Array(rows * depth),
    absmax: new Float32Array(rows),
    surplus: new Int32Array(rows),
  };
  panels.absmax.set(absmax);
  for (let row = 0; row < absmax.length; row++) {
    for (let col = 0; col < cols; col++) {
      const code = codes[row * cols + col];
      panels.codes[placeOf(row, col, depth)] = code;
      panels.surplus[row] += SHIFT * code;
    }
  }
  return panels;
}

/** Index of an element of a matrix with that depth, filled up, among the codes. */
function placeOf(row: number, col: number, depth: number): number {
  const panel = Math.floor(row / PANEL);
  const four = Math.floor(col / FOUR);
  return panel * PANEL * depth + (four * PANEL + (row % PANEL)) * FOUR + (col % FOUR);
}
