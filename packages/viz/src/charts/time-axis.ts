/** Horizontal channel of ISO days. */
export interface TimeChannel {
  readonly field: string;
  readonly type: 'temporal';
  readonly scale: { readonly type: 'utc' };
  readonly axis: TimeAxis | null;
}

export interface TimeAxis {
  readonly format: string;
  readonly tickCount: number | { interval: 'year' | 'month' | 'day'; step: number };
  readonly labelOverlap: true;
}

const DAY_MS = 86_400_000;
/** Width of one tick label, px. */
const LABEL_WIDTH = 64;
const STEPS_IN_DAYS = [
  { interval: 'day', step: 1, days: 1, format: '%-d %b' },
  { interval: 'day', step: 7, days: 7, format: '%-d %b' },
  { interval: 'month', step: 1, days: 30.4, format: '%b %Y' },
  { interval: 'month', step: 2, days: 60.9, format: '%b %Y' },
  { interval: 'month', step: 3, days: 91.3, format: '%b %Y' },
  { interval: 'month', step: 6, days: 182.6, format: '%b %Y' },
  { interval: 'year', step: 1, days: 365.25, format: '%Y' },
  { interval: 'year', step: 2, days: 730.5, format: '%Y' },
  { interval: 'year', step: 5, days: 1826.25, format: '%Y' },
  { interval: 'year', step: 10, days: 3652.5, format: '%Y' },
] as const;

/**
 * Makes the time axis of ascending ISO days. Uses UTC, so that time zones move no day, and ticks at whole days, months or
 * years, as far apart as the labels need.
 */
export function timeChannel(field: string, dates: readonly string[], width: number): TimeChannel {
  const spanInDays = (Date.parse(dates[dates.length - 1]) - Date.parse(dates[0])) / DAY_MS;
  const most = Math.max(1, Math.floor(width / LABEL_WIDTH));
  const step =
    STEPS_IN_DAYS.find(({ days }) => spanInDays / days <= most) ?? STEPS_IN_DAYS[STEPS_IN_DAYS.length - 1];
  return {
    field,
    type: 'temporal',
    scale: { type: 'utc' },
    axis: {
      format: step.format,
      tickCount: { interval: step.interval, step: step.step },
      labelOverlap: true,
    },
  };
}
