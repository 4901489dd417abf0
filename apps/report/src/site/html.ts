/** Markup that is safe to put into a page as it is. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A value in a template. Text is escaped, markup is kept, lists are joined, null is left out. */
export type HtmlPart = Html | string | number | null | readonly HtmlPart[];

/**
 * Builds markup. Every value is escaped unless it is markup itself, so that no forgotten call can let text inject markup.
 *
 * @example html`<p title="${title}">${text}</p>`
 */
export function html(strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  return new Html(strings.reduce((text, string, i) => text + toText(parts[i - 1]) + string));
}

/** Markup from a trusted source, such as a rendered SVG. */
export function trusted(markup: string): Html {
  return new Html(markup);
}

function toText(part: HtmlPart): string {
  if (part === null) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(toText).join('');
  return escapeHtml(String(part));
}

/**
 * Characters that would act on the text around them: control characters (bidirectional overrides included), unpaired halves of
 * surrogate pairs, and noncharacters.
 */
const ACTING =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]|\p{Surrogate}/gu;

/** Text with such characters spelled as codes, `\u202e`, so that a reader sees what is there and nothing is reordered. */
export function visible(text: string): string {
  return text.replace(ACTING, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** JSON for a script element: nothing in it ends the element or begins another. */
export function jsonForScript(value: unknown): Html {
  return new Html(
    JSON.stringify(value).replace(
      /[<>&\u2028\u2029]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  );
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

const MINUS = '−';
/** Keeps a figure and its sign or unit on one line. */
const NO_BREAK = '\u00a0';

/** A number with a fixed count of decimals and grouped thousands, the same in every locale. */
export function fixed(value: number, digits: number): string {
  const [whole, fraction] = Math.abs(value).toFixed(digits).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  const text = fraction === undefined ? grouped : `${grouped}.${fraction}`;
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

/** A share as a percentage. */
export function percent(share: number, digits: number): string {
  return `${fixed(100 * share, digits)}${NO_BREAK}%`;
}

/** A p-value with meaningful digits only. */
export function pValue(p: number): string {
  if (p < 0.001) return `<${NO_BREAK}0.001`;
  return p < 0.1 ? p.toFixed(3) : p.toFixed(2);
}

/** "p = 0.45" or "p < 0.001". */
export function pEquals(p: number): string {
  return p < 0.001 ? `p${NO_BREAK}${pValue(p)}` : `p${NO_BREAK}=${NO_BREAK}${pValue(p)}`;
}

/** "47.1 to 57.1 %" */
export function percentRange([low, high]: readonly [number, number], digits: number): string {
  return `${fixed(100 * low, digits)} to ${fixed(100 * high, digits)}${NO_BREAK}%`;
}

/** A number with its sign, also when it is above 0. */
export function signed(value: number, digits: number): string {
  const text = fixed(value, digits);
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

/** "−0.88 to 1.40" */
export function fixedRange([low, high]: readonly [number, number], digits: number): string {
  return `${fixed(low, digits)} to ${fixed(high, digits)}`;
}
