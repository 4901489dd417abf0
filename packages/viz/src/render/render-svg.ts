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
  const { idPrefix = 'chart' } = options;
  if (!/^[A-Za-z][\w-]*$/.test(idPrefix)) {
    throw new VizInputError(
      `renderSvg: idPrefix ${JSON.stringify(idPrefix)} is no id; use letters, digits, - and _`,
    );
  }
  checkInline(spec);
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  try {
    const svg = await view.toSVG();
    if (/="[^"]*(?:NaN|Infinity)/.test(svg)) {
      throw new VizInputError(
        'renderSvg: some marks have no place on the axes; check the data for NaN and infinite values',
      );
    }
    return prefixIds(makeAccessible(svg, nameOf(spec), spec.description ?? null, idPrefix), idPrefix);
  } finally {
    view.finalize();
  }
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
