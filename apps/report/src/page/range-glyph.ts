import type { Html } from '../html/html.js';
import { html } from '../html/html.js';

const WIDTH = 108;
const HEIGHT = 14;
/** Room for half a dot at either end, px. */
const MARGIN = 4;

/**
 * A share with its interval on a line whose middle is 50 %; the text beside it says the same.
 *
 * @param reach largest distance from 50 % that the line shows
 */
export function rangeGlyph(share: number, [low, high]: readonly [number, number], reach: number): Html {
  const x = (value: number) => (WIDTH / 2 + ((value - 0.5) / reach) * (WIDTH / 2 - MARGIN)).toFixed(1);
  const middle = HEIGHT / 2;
  return html`<svg class="range" viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-hidden="true"><path d="M${x(0.5)},0V${HEIGHT}" stroke="#9aa5b1" stroke-dasharray="2 2"/><path d="M${x(low)},${middle}H${x(high)}" stroke="#1f2933" stroke-width="2" stroke-linecap="round"/><circle cx="${x(share)}" cy="${middle}" r="3.5" fill="#1f2933"/></svg>`;
}
