import type { Html } from './html.js';
import { html } from './html.js';

/**
 * Names the place in a run that figures are from.
 *
 * @param run name of the run folder
 * @param place lines and columns, or JSON path, in words
 */
export function sourceOf(run: string, file: string, place: string): Html {
  return html`<code>${run}/${file}</code>${place === '' ? null : html`, ${place}`}`;
}

/** Lines of a CSV file that hold the rows `from` to `to`, numbered from 0, below one header line. */
export function csvLines(from: number, to: number): string {
  return `lines ${from + 2} to ${to + 2}`;
}
