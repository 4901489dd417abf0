import { parse, View } from 'vega';
import type { TopLevelSpec } from 'vega-lite';
import { compile } from 'vega-lite';
import { VizInputError } from '../errors.js';

export interface RenderOptions {
  /**
   * Prefix of every id in the SVG. Ids are unique per page, so give each chart of an HTML page its own prefix.
   * @default 'chart'
   */
  readonly idPrefix?: string;
  /** Whether to draw legends; false for a page that has its own. @default true */
  readonly legend?: boolean;
}

/** Scale of one axis of a panel. The range is the panel's width, or its height from the bottom up. */
export interface ChartScale {
  readonly type: 'time' | 'linear' | 'log' | 'band';
  /** First and last value, days in ms since 1970; for bands the name of each, from the left or the top. */
  readonly domain: readonly (number | string)[];
}

/** A panel of a chart, for a script that finds the values under a pointer. */
export interface ChartPanel {
  /** Class of the panel's group in the SVG. */
  readonly group: string;
  readonly x: ChartScale;
  readonly y: ChartScale;
}

/** A drawn chart. */
export interface RenderedChart {
  readonly svg: string;
  /** Panels from top to bottom. Specifications without `vconcat` have none. */
  readonly panels: readonly ChartPanel[];
}

/**
 * Draws a Vega-Lite specification as SVG, without a browser, a canvas or the network. The same specification gives the same
 * bytes in any time zone and locale. Title and description become the accessible name and description.
 *
 * @throws VizInputError when the data is not inside the specification, or a mark came out without a place
 * @example
 * const svg = await renderSvg(learningCurve(epochs));
 */
export async function renderSvg(spec: TopLevelSpec, options: RenderOptions = {}): Promise<string> {
  return (await renderChart(spec, options)).svg;
}

/**
 * Draws a Vega-Lite specification as SVG, as {@link renderSvg}, and tells the scales of its panels.
 *
 * @throws VizInputError as {@link renderSvg}
 */
export async function renderChart(spec: TopLevelSpec, options: RenderOptions = {}): Promise<RenderedChart> {
  const { idPrefix = 'chart', legend = true } = options;
  if (!/^[A-Za-z][\w-]*$/.test(idPrefix)) {
    throw new VizInputError(
      `renderSvg: idPrefix ${JSON.stringify(idPrefix)} is no id; use letters, digits, - and _`,
    );
  }
  checkInline(spec);
  const compiled = compile(legend ? spec : withoutLegend(spec)).spec;
  const view = new View(parse(compiled), { renderer: 'none' });
  try {
    const svg = await view.toSVG();
    if (/="[^"]*(?:NaN|Infinity)/.test(svg)) {
      throw new VizInputError(
        'renderSvg: some marks have no place on the axes; check the data for NaN and infinite values',
      );
    }
    return {
      svg: prefixIds(
        makeAccessible(withoutRoles(svg), nameOf(spec), spec.description ?? null, idPrefix),
        idPrefix,
      ),
      panels: panelsOf(view, new Set((compiled.scales ?? []).map(({ name }) => name))),
    };
  } finally {
    view.finalize();
  }
}

/** A specification whose channels have no legend, by themselves or by configuration. */
function withoutLegend(spec: TopLevelSpec): TopLevelSpec {
  const strip = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(strip);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(
      Object.entries(part).map(([key, value]) => [
        key,
        key === 'values' ? value : key === 'legend' ? null : strip(value),
      ]),
    );
  };
  const { config, ...rest } = spec;
  const plain = strip(rest) as TopLevelSpec;
  return { ...plain, config: { ...config, legend: { ...config?.legend, disable: true } } };
}

/** Vega-Lite names the scales of the panels `concat_0_x`, `concat_0_y`, `concat_1_x`, … */
function panelsOf(view: View, scales: ReadonlySet<string>): ChartPanel[] {
  const panels: ChartPanel[] = [];
  for (let i = 0; scales.has(`concat_${i}_x`) && scales.has(`concat_${i}_y`); i++) {
    const scale = (axis: 'x' | 'y') => describeScale(view.scale(`concat_${i}_${axis}`));
    panels.push({ group: `concat_${i}_group`, x: scale('x'), y: scale('y') });
  }
  return panels;
}

function describeScale(scale: { readonly type: string; domain(): unknown[] }): ChartScale {
  const domain = scale.domain();
  if (scale.type === 'band' || scale.type === 'point') return { type: 'band', domain: domain.map(String) };
  const isTime = scale.type === 'utc' || scale.type === 'time';
  const type = isTime ? 'time' : scale.type === 'log' ? 'log' : 'linear';
  return { type, domain: domain.map(Number) };
}

/** Refuses data from a URL, which needs the network, and empty data. Vega would draw a blank chart for both. */
function checkInline(part: unknown): void {
  if (typeof part !== 'object' || part === null) return;
  if ('data' in part && typeof part.data === 'object' && part.data !== null) {
    if ('url' in part.data) {
      throw new VizInputError(
        `renderSvg: data from ${String(part.data.url)}; put the rows themselves into data.values`,
      );
    }
    if ('values' in part.data && Array.isArray(part.data.values) && part.data.values.length === 0) {
      throw new VizInputError('renderSvg: data.values is empty: there is nothing to draw');
    }
  }
  for (const [key, value] of Object.entries(part)) {
    if (key !== 'values') checkInline(value);
  }
}

function nameOf(spec: TopLevelSpec): string | null {
  const title = spec.title;
  const text = typeof title === 'object' && title !== null && 'text' in title ? title.text : title;
  if (typeof text === 'string') return text;
  return Array.isArray(text) ? text.join(' ') : null;
}

/** Start tags with their attributes; Vega puts all values in double quotes. */
const TAG = /<[a-zA-Z][\w:-]*(?:\s+[\w:-]+="[^"]*")*\s*\/?>/g;

/** Removes the roles of single groups: the drawing is one image, and Vega's groups have roles without names. */
function withoutRoles(svg: string): string {
  return svg.replace(TAG, (tag) => tag.replace(/\s(?:role|aria-[a-z]+)="[^"]*"/g, ''));
}

/** Gives the SVG the role of an image, with a name and a description for screen readers. */
export function makeAccessible(
  svg: string,
  name: string | null,
  description: string | null,
  idPrefix: string,
): string {
  const parts = [
    { tag: 'title', id: `${idPrefix}-title`, text: name ?? description ?? 'Chart' },
    ...(name !== null && description !== null
      ? [{ tag: 'desc', id: `${idPrefix}-desc`, text: description }]
      : []),
  ];
  const elements = parts
    .map(({ tag, id, text }) => `<${tag} id="${id}">${escapeXml(text)}</${tag}>`)
    .join('');
  const described = parts.length > 1 ? ` aria-describedby="${parts[1].id}"` : '';
  return svg.replace(
    /<svg\b([^>]*)>/,
    (_, attributes: string) =>
      `<svg${attributes} role="img" aria-labelledby="${parts[0].id}"${described}>${elements}`,
  );
}

function escapeXml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

/**
 * Renumbers the ids of clip paths and gradients. Vega numbers them with a counter of the whole process, so equal charts
 * would differ in bytes and two charts on a page could share an id.
 */
export function prefixIds(svg: string, idPrefix: string): string {
  const names = new Map<string, string>();
  for (const [, id] of svg.matchAll(/\sid="((?:clip|gradient|pattern)[^"]*)"/g)) {
    if (!names.has(id)) names.set(id, `${idPrefix}-${names.size + 1}`);
  }
  const renamed = (id: string) => names.get(id) ?? id;
  return svg
    .replace(/\sid="([^"]+)"/g, (_, id: string) => ` id="${renamed(id)}"`)
    .replace(/url\(#([^)]+)\)/g, (_, id: string) => `url(#${renamed(id)})`);
}
