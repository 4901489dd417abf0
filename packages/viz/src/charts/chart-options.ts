/** What every chart takes. */
export interface ChartOptions {
  /** Heading drawn above the chart; null draws none (for a page that has its own heading). */
  readonly title?: string | null;
  /** Width of the plotting area without axes, px. @default 720 */
  readonly width?: number;
}

export const DEFAULT_WIDTH = 720;
