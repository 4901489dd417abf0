import type { Field } from 'vega-lite/types_unstable/channeldef.js';
import type { LayerSpec } from 'vega-lite/types_unstable/spec/layer.js';
import type { UnitSpec } from 'vega-lite/types_unstable/spec/unit.js';
import { colors } from './theme.js';

/** Options of every chart. */
export interface ChartOptions {
  /** Heading above the chart; null for none. */
  readonly title?: string | null;
  /** Width of the plotting area without axes, px. @default 720 */
  readonly width?: number;
}

export const DEFAULT_WIDTH = 720;

/** Axis label of a signed quantity, without a sign on zero. */
export const SIGNED_LABEL = "datum.value === 0 ? '0' : datum.label";

/** Small heading of a panel. It names the quantity of the vertical axis, in place of a rotated axis title. */
export interface PanelTitle {
  readonly text: string;
  readonly fontSize: number;
  readonly fontWeight: 'normal';
  readonly color: string;
  readonly offset: number;
}

export function panelTitle(text: string): PanelTitle {
  return { text, fontSize: 12, fontWeight: 'normal', color: colors.label, offset: 6 };
}

/** One layer of a panel, for optional layers. */
export type Layer = LayerSpec<Field> | UnitSpec<Field>;

/** Estimated width of a character of a legend's label, and of a symbol with its gaps, px. */
const LEGEND_CHARACTER = 7;
const LEGEND_SYMBOL = 40;

/** Legend of named series that breaks into rows on a narrow chart. */
export interface SeriesLegend {
  readonly columns: number;
  readonly symbolType?: 'square';
  readonly symbolStrokeWidth?: 0;
  readonly symbolSize?: number;
  readonly symbolOpacity: 1;
}

/** @param mark lines have a stroke as symbol; bars, areas and points a square */
export function seriesLegend(names: readonly string[], width: number, mark: 'line' | 'area'): SeriesLegend {
  const widest = LEGEND_SYMBOL + LEGEND_CHARACTER * Math.max(...names.map(({ length }) => length));
  const columns = Math.max(1, Math.min(names.length, Math.floor(width / widest)));
  if (mark === 'line') return { columns, symbolOpacity: 1 };
  return { columns, symbolType: 'square', symbolStrokeWidth: 0, symbolSize: 110, symbolOpacity: 1 };
}
