import type { Field } from 'vega-lite/types_unstable/channeldef.js';
import type { LayerSpec } from 'vega-lite/types_unstable/spec/layer.js';
import type { UnitSpec } from 'vega-lite/types_unstable/spec/unit.js';
import { colors } from './theme.js';

/** What every chart takes. */
export interface ChartOptions {
  /** Heading drawn above the chart; null draws none (for a page that has its own heading). */
  readonly title?: string | null;
  /** Width of the plotting area without axes, px. @default 720 */
  readonly width?: number;
}

export const DEFAULT_WIDTH = 720;

/** Axis label of a signed quantity: zero carries no sign. */
export const SIGNED_LABEL = "datum.value === 0 ? '0' : datum.label";

/** Small heading of one panel: says what its vertical axis counts, so that no axis title has to be read sideways. */
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

/** One layer of a panel, for layers that only some data need. */
export type Layer = LayerSpec<Field> | UnitSpec<Field>;
