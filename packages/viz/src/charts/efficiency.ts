import type { TopLevelSpec } from 'vega-lite';
import { VizInputError } from '../errors.js';
import type { Rows } from './check-data.js';
import { checkFinite, checkNotNegative, listRows } from './check-data.js';
import type { ChartOptions } from './panel.js';
import { DEFAULT_WIDTH, panelTitle, seriesLegend } from './panel.js';
import { colors, seriesColors, theme, variantColors } from './theme.js';

/** One measured quantity of one variant. */
export interface VariantMetric {
  /** Name and unit of the quantity; one panel each. */
  readonly metric: string;
  readonly variant: string;
  readonly value: number;
}

/**
 * Charts the measurements of several variants, one small panel per metric. Every bar has its value, and its ratio to the first
 * variant, the baseline.
 *
 * @throws VizInputError when there is no row, a value is below 0 or not finite, or a metric lacks a variant or has it twice
 */
export function variantBars(data: Rows<VariantMetric>, options: ChartOptions = {}): TopLevelSpec {
  const rows = listRows('variantBars', data);
  const { title = 'Baseline and variants', width = DEFAULT_WIDTH } = options;
  const variants = [...new Set(rows.map(({ variant }) => variant))];
  const metrics = [...new Set(rows.map(({ metric }) => metric))];
  rows.forEach(({ value }, i) => {
    checkNotNegative('variantBars', i, 'value', value);
  });
  const color = { domain: variants, range: variantColors(variants.length) };
  return {
    title: title ?? undefined,
    description: `Bar charts of ${metrics.join(', ')} for ${variants.join(', ')}.`,
    config: theme,
    vconcat: metrics.map((metric) => {
      const own = rows.filter((row) => row.metric === metric);
      if (own.length !== variants.length || new Set(own.map((row) => row.variant)).size !== own.length) {
        throw new VizInputError(`variantBars: ${metric} needs one row for each of ${variants.join(', ')}`);
      }
      const base = own.find(({ variant }) => variant === variants[0])!.value;
      const most = Math.max(...own.map(({ value }) => value));
      const y = {
        field: 'variant',
        type: 'nominal',
        sort: null,
        axis: { domain: false, ticks: false, labelLimit: 140 },
      } as const;
      return {
        data: {
          values: own.map(({ variant, value }) => ({
            variant,
            value,
            text:
              variant === variants[0] || base === 0
                ? short(value)
                : `${short(value)}  × ${short(value / base)}`,
          })),
        },
        title: panelTitle(metric),
        width,
        height: { step: 20 },
        layer: [
          {
            mark: { type: 'bar', height: { band: 0.75 } },
            encoding: {
              x: {
                field: 'value',
                type: 'quantitative',
                stack: null,
                scale: { domain: [0, most === 0 ? 1 : 1.25 * most], nice: false }, // room for the text
                axis: null,
              },
              y,
              color: { field: 'variant', type: 'nominal', scale: color, legend: null },
            },
          },
          {
            mark: { type: 'text', align: 'left', dx: 5, color: colors.ink, fontSize: 11 },
            encoding: {
              x: { field: 'value', type: 'quantitative' },
              y,
              text: { field: 'text', type: 'nominal' },
            },
          },
        ],
      };
    }),
  };
}

/** Time of one op in one profile. */
export interface OpTime {
  readonly op: string;
  /** Self time, ms. */
  readonly ms: number;
}

/** The ops of one profile. */
export interface OpProfile {
  readonly name: string;
  readonly ops: readonly OpTime[];
}

const OTHER = 'other ops';

/**
 * Charts the self time of the most expensive ops of several profiles beside each other, such as before and after a change. Ops
 * beyond `top` are added up.
 *
 * @throws VizInputError when there is no profile or op, or a time is below 0 or not finite
 */
export function opBreakdown(
  profiles: readonly OpProfile[],
  options: ChartOptions & {
    /** Number of ops shown by name. @default 12 */
    readonly top?: number;
  } = {},
): TopLevelSpec {
  listRows('opBreakdown', profiles);
  const { title = 'Time by op', width = DEFAULT_WIDTH, top = 12 } = options;
  const total = new Map<string, number>();
  for (const { name, ops } of profiles) {
    for (const [i, { op, ms }] of listRows(`opBreakdown: ${name}`, ops).entries()) {
      checkNotNegative(`opBreakdown: ${name}`, i, 'ms', ms);
      total.set(op, (total.get(op) ?? 0) + ms);
    }
  }
  const order = [...total].sort(([, a], [, b]) => b - a).map(([op]) => op);
  const shown = order.slice(0, top);
  const bars = order.length > top ? [...shown, OTHER] : shown;
  const names = profiles.map(({ name }) => name);
  const values = profiles.flatMap(({ name, ops }) =>
    bars.map((op) => {
      const own = ops.filter((row) => (op === OTHER ? !shown.includes(row.op) : row.op === op));
      return { profile: name, op, ms: own.reduce((sum, { ms }) => sum + ms, 0) };
    }),
  );
  return {
    title: title ?? undefined,
    description: `Bar chart of the self time of ${bars.length} ops in ${names.join(' and ')}; most in ${bars[0]}.`,
    config: theme,
    data: { values },
    vconcat: [
      {
        title: panelTitle('Self time, ms'),
        width,
        height: { step: 9 * profiles.length + 6, for: 'position' },
        mark: { type: 'bar' },
        encoding: {
          x: { field: 'ms', type: 'quantitative', stack: null, axis: { grid: true, tickCount: 6 } },
          y: {
            field: 'op',
            type: 'nominal',
            sort: null, // the order of the data: an array would become an expression with the names in it
            axis: { domain: false, ticks: false, labelLimit: 240 },
          },
          yOffset: { field: 'profile', type: 'nominal', sort: null },
          color: {
            field: 'profile',
            type: 'nominal',
            sort: null,
            scale: { range: variantColors(names.length) },
            legend: seriesLegend(names, width, 'area'),
          },
        },
      },
    ],
  };
}

/** Memory of one category at one time. */
export interface MemoryRow {
  /** ms since the start. */
  readonly ms: number;
  /** Such as weights, gradients, optimizer state or activations. */
  readonly category: string;
  readonly bytes: number;
}

/** Bytes of a MB. */
const MEGABYTE = 1e6;

/**
 * Charts memory over time, stacked by category.
 *
 * @param data for each time, one row per category
 * @throws VizInputError when there is no row, or a number is below 0 or not finite
 */
export function memoryTimeline(data: Rows<MemoryRow>, options: ChartOptions = {}): TopLevelSpec {
  const rows = listRows('memoryTimeline', data);
  const { title = 'Memory over time', width = DEFAULT_WIDTH } = options;
  rows.forEach((row, i) => {
    for (const field of ['ms', 'bytes'] as const) {
      checkNotNegative('memoryTimeline', i, field, row[field]);
    }
  });
  const categories = [...new Set(rows.map(({ category }) => category))];
  const totals = new Map<number, number>();
  for (const { ms, bytes } of rows) totals.set(ms, (totals.get(ms) ?? 0) + bytes);
  const peak = Math.max(...totals.values());
  return {
    title: title ?? undefined,
    description: `Stacked areas of the memory of ${categories.join(', ')} over time; peak ${short(peak / MEGABYTE)} MB.`,
    config: theme,
    data: {
      values: rows.map(({ ms, category, bytes }) => ({
        ms,
        category,
        order: categories.indexOf(category),
        megabytes: bytes / MEGABYTE,
      })),
    },
    vconcat: [
      {
        title: panelTitle('Memory, MB'),
        width,
        height: 200,
        mark: { type: 'area', interpolate: 'step-after', opacity: 0.9 },
        encoding: {
          x: {
            field: 'ms',
            type: 'quantitative',
            scale: { nice: false },
            axis: {
              title: 'Time, ms',
              tickCount: 6,
              titleColor: colors.label,
              titleFontWeight: 'normal',
            },
          },
          y: { field: 'megabytes', type: 'quantitative', stack: 'zero', axis: { tickCount: 5 } },
          color: {
            field: 'category',
            type: 'nominal',
            scale: {
              domain: categories,
              range: categories.map((_, i) => seriesColors[i % seriesColors.length]),
            },
            legend: seriesLegend(categories, width, 'area'),
          },
          order: { field: 'order', type: 'ordinal' },
        },
      },
    ],
  };
}

/** Inference latency of one variant at one batch size. */
export interface LatencyRow {
  readonly variant: string;
  readonly batchSize: number;
  /** Median and 95th percentile, ms per batch. */
  readonly p50: number;
  readonly p95: number;
}

/**
 * Charts inference latency by batch size, on logarithmic axes: the median as a line, up to the 95th percentile as a rule.
 *
 * @throws VizInputError when there is no row, a number is not above 0, or p95 is below p50
 */
export function latencyByBatch(data: Rows<LatencyRow>, options: ChartOptions = {}): TopLevelSpec {
  const rows = listRows('latencyByBatch', data);
  const { title = 'Inference latency', width = DEFAULT_WIDTH } = options;
  rows.forEach(({ batchSize, p50, p95 }, i) => {
    for (const [field, value] of Object.entries({ batchSize, p50, p95 })) {
      checkFinite('latencyByBatch', i, field, value);
      if (value <= 0)
        throw new VizInputError(`latencyByBatch: ${field} of row ${i} is ${value}; it must be above 0`);
    }
    if (p95 < p50)
      throw new VizInputError(`latencyByBatch: p95 of row ${i} is ${p95}, below its p50 of ${p50}`);
  });
  const variants = [...new Set(rows.map(({ variant }) => variant))];
  const sizes = [...new Set(rows.map(({ batchSize }) => batchSize))].sort((a, b) => a - b);
  const scale = { type: 'log', nice: false } as const;
  const x = {
    field: 'batchSize',
    type: 'quantitative',
    scale: {
      ...scale,
      domain: sizes.length === 1 ? [sizes[0] / 2, 2 * sizes[0]] : [sizes[0], sizes[sizes.length - 1]],
    },
    axis: {
      title: 'Batch size',
      values: sizes,
      format: 'd',
      titleColor: colors.label,
      titleFontWeight: 'normal',
    },
  } as const;
  const color = {
    field: 'variant',
    type: 'nominal',
    scale: { domain: variants, range: variantColors(variants.length) },
    legend: seriesLegend(variants, width, 'line'),
  } as const;
  const axis = {
    format: '~g',
    values: ticks125(Math.min(...rows.map(({ p50 }) => p50)), Math.max(...rows.map(({ p95 }) => p95))),
  };
  return {
    title: title ?? undefined,
    description: `Latency by batch size: ${rows
      .map((row) => `${row.variant} at ${row.batchSize} ${short(row.p50)} ms (p95 ${short(row.p95)})`)
      .join(', ')}.`,
    config: theme,
    data: { values: rows.map(({ variant, batchSize, p50, p95 }) => ({ variant, batchSize, p50, p95 })) },
    vconcat: [
      {
        title: panelTitle('ms per batch, median to p95'),
        width,
        height: 200,
        layer: [
          {
            mark: { type: 'rule', strokeWidth: 1.2, opacity: 0.7 },
            encoding: {
              x,
              y: { field: 'p50', type: 'quantitative', scale: { type: 'log' }, axis },
              y2: { field: 'p95' },
              color,
            },
          },
          {
            mark: { type: 'line', strokeWidth: 1.8, point: { filled: true, size: 40 } },
            encoding: { x, y: { field: 'p50', type: 'quantitative' }, color },
          },
        ],
      },
    ],
  };
}

/** 1, 2, 5, 10, 20, ... over a range, for a logarithmic axis. */
function ticks125(low: number, high: number): number[] {
  const powers: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    powers.push(power);
  return powers.flatMap((power) => [1, 2, 5].map((digit) => Number((digit * 10 ** power).toPrecision(1))));
}

const short = (value: number): string =>
  Math.abs(value) < 1000
    ? Number(value.toPrecision(3)).toString()
    : value.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ',');
