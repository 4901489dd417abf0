/** Maximum length of a file's text quoted in a message. Names in a header can have megabytes. */
const LONGEST_QUOTE = 120;

/** Characters that change what a terminal shows: DEL, C1 controls, direction marks. JSON escapes C0 controls itself. */
const TERMINAL_CONTROLS = /[\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Quotes text from an untrusted file for a message: shortens it and escapes control characters. */
export function printable(text: string): string {
  const short = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
  return JSON.stringify(short).replace(
    TERMINAL_CONTROLS,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
