/** Longest piece of a file's own text that a message repeats; a header may hold names of megabytes. */
const LONGEST_QUOTE = 120;

/** Characters that change how a terminal shows what follows: DEL, C1 controls, direction marks. JSON escapes C0 itself. */
const TERMINAL_CONTROLS = /[\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Text taken from an untrusted file, quoted so that it is safe to print in a message: shortened, control characters escaped. */
export function printable(text: string): string {
  const short = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
  return JSON.stringify(short).replace(
    TERMINAL_CONTROLS,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
