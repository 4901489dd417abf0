import type { ChartPanel } from '@fin/viz';
import { renderChart, renderPng, renderSvg } from '@fin/viz';
import type { Html } from './html.js';
import { html, jsonForScript, trusted } from './html.js';

type Spec = Parameters<typeof renderSvg>[0];

/** A row of a chart's data. */
export type Row = Readonly<Record<string, unknown>>;

/** How the script writes a value. */
export type Format = 'points' | 'share' | 'change' | 'score' | 'loss' | 'text';

/** A column of a chart's data that the script shows under the pointer. */
export interface ChartValue {
  readonly label: string;
  readonly field: string;
  readonly format: Format;
  /** Colour of the marks that show it; null when several or none do. */
  readonly color: string | null;
  readonly dash?: boolean;
  /** Whether the value is the height of an area that lies on others, so that it has no place of its own. */
  readonly stacked?: boolean;
}

/** What is drawn, and what is said about it. */
export interface ChartInput {
  /** Name of the chart, unique in the site: its id and the start of its files' names. */
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  /** Run file, lines and columns that the chart shows. */
  readonly source: Html;
  readonly draw: (options: { title: string | null; width: number }) => Spec;
  /** Fields that place a row: of the horizontal axis, the vertical one, or both. */
  readonly key: { readonly x?: string; readonly y?: string };
  /** Values of each panel, from top to bottom. */
  readonly values: readonly (readonly ChartValue[])[];
  /** Rows that the script shows under the pointer, one per place on the axes. @default the rows of the drawing's data */
  readonly pointed?: readonly Row[];
  /** Whether the marks' colours are shades that turn around on a dark page. */
  readonly shades?: boolean;
}

/** A chart as markup and as files. */
export interface Chart {
  readonly id: string;
  readonly title: string;
  readonly html: Html;
  /** Content of the files beside the pages, by their path in the site. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
}

/** Folder of the files that pages link to. */
export const FILES = 'files';

/** Plot widths in px: the page's full column, a phone of at least 360 px, and a downloaded picture. */
const WIDE = 792;
const NARROW = 256;
const DOWNLOAD = 720;

/**
 * Draws a chart twice, so that its text is readable on wide and on narrow screens, and once more for its downloads.
 */
export async function makeChart(input: ChartInput): Promise<Chart> {
  const { id, title, draw, values } = input;
  const hasLegend = legend(values.flat()) !== null;
  const [wide, narrow] = await Promise.all(
    [WIDE, NARROW].map((width, i) =>
      renderChart(draw({ title: null, width }), {
        idPrefix: `${id}-${['wide', 'narrow'][i]}`,
        legend: !hasLegend,
      }),
    ),
  );
  const download = draw({ title, width: DOWNLOAD });
  const rows = rowsOf(download);
  const svg = await renderSvg(download, { idPrefix: id });
  const name = `${FILES}/${id}`;
  const files = new Map<string, string | Uint8Array>([
    [`${name}.csv`, toCsv(rows)],
    [`${name}.svg`, svg],
    [`${name}.png`, await renderPng(svg)],
    [`${name}.vl.json`, `${JSON.stringify({ $schema: SCHEMA, ...download }, null, 1)}\n`],
  ]);
  return { id, title, html: markup(input, { wide, narrow, rows, files }), files };
}

const SCHEMA = 'https://vega.github.io/schema/vega-lite/v6.json';

/** The rows of a specification's data; of panels with data of their own, each row beside its panel's title. */
function rowsOf(spec: Spec): readonly Row[] {
  const own = valuesOf(spec);
  if (own) return own;
  const panels = 'vconcat' in spec ? spec.vconcat : [];
  return panels.flatMap((panel) => {
    const title = panel.title as { readonly text: string };
    return valuesOf(panel)!.map((row) => ({ panel: title.text, ...row }));
  });
}

function valuesOf({ data }: Pick<Spec, 'data'>): Row[] | null {
  return data && 'values' in data && Array.isArray(data.values) ? (data.values as Row[]) : null;
}

interface Drawn {
  readonly wide: { readonly svg: string; readonly panels: readonly ChartPanel[] };
  readonly narrow: { readonly svg: string; readonly panels: readonly ChartPanel[] };
  readonly rows: readonly Row[];
  readonly files: ReadonlyMap<string, unknown>;
}

const FILE_NAMES: Record<string, string> = {
  csv: 'CSV',
  svg: 'SVG',
  png: 'PNG',
  json: 'Vega-Lite JSON',
};

function markup(input: ChartInput, { wide, narrow, rows, files }: Drawn): Html {
  const { id, title, caption, source, shades = false } = input;
  return html`<figure id="${id}" class="${shades ? 'chart shades' : 'chart'}">
<figcaption>${caption}</figcaption>
${legend(input.values.flat())}
<div class="plot"><div class="wide">${trusted(wide.svg)}</div><div class="narrow">${trusted(narrow.svg)}</div></div>
<p class="source">Source: ${source}</p>
<p class="downloads">Download “${title}” as ${[...files.keys()].map(
    (file, i) =>
      html`${i === 0 ? '' : ', '}<a href="${file}" download>${FILE_NAMES[file.slice(file.lastIndexOf('.') + 1)]}</a>`,
  )}</p>
<script type="application/json" class="chart-data">${jsonForScript(scriptData(input, wide.panels, narrow.panels, input.pointed ?? rows))}</script>
</figure>
`;
}

/** Names of the coloured series, each once. The script turns them into switches. */
function legend(values: readonly ChartValue[]): Html | null {
  const series = values.filter(
    ({ color }, i) => color !== null && values.findIndex((other) => other.color === color) === i,
  );
  if (series.length < 2) return null;
  return html`<ul class="legend">${series.map(
    ({ label, color, dash, stacked = false }) =>
      html`<li${stacked ? null : html` data-color="${color}"`}><svg width="22" height="10" aria-hidden="true"><path d="M1,5H21" stroke="${color}" stroke-width="3"${dash ? html` stroke-dasharray="6 3"` : null}/></svg>${label}</li>`,
  )}</ul>`;
}

/** Significant digits of the values under the pointer. The downloads have all of them. */
const DIGITS = 7;

function scriptData(
  { title, key, values }: ChartInput,
  wide: readonly ChartPanel[],
  narrow: readonly ChartPanel[],
  rows: readonly Row[],
): unknown {
  const fields = [
    ...new Set(
      [key.x, key.y, ...values.flat().map(({ field }) => field)].filter((field) => field !== undefined),
    ),
  ];
  const short = (value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(DIGITS)) : value);
  return {
    title,
    key,
    values,
    panels: { wide, narrow },
    columns: Object.fromEntries(fields.map((field) => [field, rows.map((row) => short(row[field] ?? null))])),
  };
}

/** A table as CSV. Texts that a spreadsheet would run as a formula get a quote in front. */
export function toCsv(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cell = (value: unknown): string => {
    if (value === null || value === undefined) return '';
    if (typeof value === 'number') return String(value);
    const text = String(value);
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return `${[columns, ...rows.map((row) => columns.map((column) => row[column]))].map((line) => line.map(cell).join(',')).join('\n')}\n`;
}
