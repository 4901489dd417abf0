import type { RunData } from '@fin/forecast';
import type { Html } from '../html/html.js';
import { html } from '../html/html.js';

/** Says that prices and headlines are made up; nothing for a real market. */
export function syntheticBanner({ synthetic, signal }: RunData): Html | null {
  if (!synthetic) return null;
  return html`<aside class="banner" role="note"><p><strong>Synthetic market${signalText(signal)}.</strong>
  Prices and headlines of this run were made up by a generator. The run shows whether the pipeline finds a signal that is
  known to be there, and none that is not. It says nothing about a real market.</p></aside>`;
}

function signalText(signal: number | null): string {
  if (signal === null) return '';
  return signal === 0 ? ', with no signal planted (signal 0)' : `, with a planted signal of ${signal}`;
}
