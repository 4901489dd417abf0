import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import type { TopLevelSpec } from 'vega-lite';
import { VizInputError } from '../errors.js';
import { renderSvg } from './render-svg.js';

/** Options of {@link renderPng}. */
export interface RenderPngOptions {
  /** Pixels of the image per px of the chart. @default 2 */
  readonly scale?: number;
}

/** Regular and semibold: the two weights of the theme. */
const FONTS = ['400Regular/Inter_400Regular.ttf', '600SemiBold/Inter_600SemiBold.ttf'];

let started: Promise<Uint8Array[]> | null = null;

/**
 * Draws a Vega-Lite specification as PNG, without a browser. All text is set in Inter, which comes with the package, so the
 * same specification gives the same bytes on every machine.
 *
 * @param chart a specification, or the SVG that `renderSvg` made of it, which saves drawing it again
 * @throws VizInputError as `renderSvg`, and when the scale is not from 0.1 to 20
 * @example
 * await writeFile('loss.png', await renderPng(learningCurve(epochs)));
 */
export async function renderPng(
  chart: TopLevelSpec | string,
  { scale = 2 }: RenderPngOptions = {},
): Promise<Uint8Array> {
  if (!(scale >= 0.1 && scale <= 20)) {
    throw new VizInputError(`renderPng: the scale is ${scale}; it must be from 0.1 to 20`);
  }
  const svg = typeof chart === 'string' ? chart : await renderSvg(chart);
  started ??= start().catch((error: unknown) => {
    started = null; // the next call tries again
    throw error;
  });
  const resvg = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: scale },
    font: { fontBuffers: await started, defaultFontFamily: 'Inter', sansSerifFamily: 'Inter' },
  });
  const image = resvg.render();
  try {
    return image.asPng();
  } finally {
    image.free();
    resvg.free();
  }
}

async function start(): Promise<Uint8Array[]> {
  const { resolve } = createRequire(import.meta.url);
  await initWasm(await readFile(resolve('@resvg/resvg-wasm/index_bg.wasm')));
  return Promise.all(FONTS.map((font) => readFile(resolve(`@expo-google-fonts/inter/${font}`))));
}
