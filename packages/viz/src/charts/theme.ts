import type { Config } from 'vega-lite';

/** Okabe and Ito's palette: distinct with every common colour vision and in grey print. */
export const colors = {
  /** Actual values. */
  actual: '#9aa5b1',
  /** Forecasts of a model. */
  model: '#d55e00',
  /** A second series. */
  second: '#0072b2',
  ink: '#1f2933',
  label: '#52606d',
  grid: '#e4e7eb',
  axis: '#9aa5b1',
} as const;

/** Colours of named series, in this order: Okabe and Ito's without yellow, which is faint on white. */
export const seriesColors: readonly string[] = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#9aa5b1',
  '#56b4e9',
];

/** Colours of a baseline, which is grey, and of the variants compared with it. */
export function variantColors(count: number): string[] {
  const others = seriesColors.filter((color) => color !== colors.actual);
  return [colors.actual, ...Array.from({ length: count - 1 }, (_, i) => others[i % others.length])];
}

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

/** Width reserved for labels of a vertical axis, px. Equal in all charts, so that stacked charts line up. */
const AXIS_EXTENT = 54;

/** Vega configuration of all charts. `renderSvg` puts an accessible name on the chart, so single marks have none. */
export const theme: Config = {
  aria: false,
  background: '#ffffff',
  font: FONT,
  padding: 4,
  view: { stroke: null },
  concat: { spacing: 20 },
  axis: {
    domainColor: colors.axis,
    gridColor: colors.grid,
    tickColor: colors.axis,
    labelColor: colors.label,
    labelFontSize: 11,
    labelPadding: 5,
    tickSize: 4,
    title: null,
  },
  axisX: { grid: false, labelFlush: false },
  axisY: { domain: false, ticks: false, minExtent: AXIS_EXTENT },
  legend: {
    orient: 'top',
    direction: 'horizontal',
    title: null,
    labelColor: colors.ink,
    labelFontSize: 12,
    symbolSize: 200,
    symbolStrokeWidth: 3,
    symbolType: 'stroke',
    labelLimit: 320,
    columnPadding: 16,
    offset: 6,
  },
  title: { anchor: 'start', frame: 'group', color: colors.ink, fontSize: 15, fontWeight: 600, offset: 10 },
};
