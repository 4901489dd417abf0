import { renderSvg } from '@fin/viz';
import type { Html } from '../html/html.js';
import { html, trusted } from '../html/html.js';

type Spec = Parameters<typeof renderSvg>[0];

/** Plot widths, px: for the page's full column, and for a phone with 360 px and more. */
const WIDE = 792;
const NARROW = 256;

/**
 * A chart drawn twice, for wide and for narrow screens, so that its text stays readable on both; the style shows one.
 *
 * @param id start of the ids in the SVGs; unique on the page
 */
export async function chart(
  id: string,
  caption: string,
  draw: (options: { title: null; width: number }) => Spec,
): Promise<Html> {
  const wide = await renderSvg(draw({ title: null, width: WIDE }), { idPrefix: `${id}-wide` });
  const narrow = await renderSvg(draw({ title: null, width: NARROW }), { idPrefix: `${id}-narrow` });
  return html`<figure id="${id}">
<figcaption>${caption}</figcaption>
<div class="wide">${trusted(wide)}</div>
<div class="narrow">${trusted(narrow)}</div>
</figure>`;
}
