/**
 * Characters that control a terminal, or hide or reorder text: controls (C0, DEL, C1), format characters (bidi overrides,
 * zero-width characters, tags), line separators, fillers without a glyph, and lone surrogates.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u115f\u1160\u3164\uffa0]|\u034f/gu;

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');

/** One line of text, safe to print: every unsafe character, newlines included, becomes a visible escape such as `\x1b`. */
export function escapeLine(text: string): string {
  return text.replace(UNSAFE, (character) => {
    if (character === '\n') return '\\n';
    const code = character.codePointAt(0) as number;
    if (code < 0x100) return `\\x${hex(code, 2)}`;
    return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\u{${hex(code, 1)}}`;
  });
}

/** Replaces the same characters in JSON text by `\u` escapes. In JSON they only occur inside strings. */
export function escapeJson(json: string): string {
  return json.replace(UNSAFE, (character) =>
    character === '\n'
      ? character
      : [...Array(character.length).keys()].map((i) => `\\u${hex(character.charCodeAt(i), 4)}`).join(''),
  );
}

/** Quotes a word for a POSIX shell. */
export function shellQuote(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (escapeLine(word) === word) return `'${word.replaceAll("'", "'\\''")}'`;
  // Unsafe characters cannot be printed, so the shell's own printf makes them from octal escapes.
  const bytes = [...Buffer.from(word)].map((byte) =>
    /[\w@+=:,./ -]/.test(String.fromCharCode(byte))
      ? String.fromCharCode(byte)
      : `\\${byte.toString(8).padStart(3, '0')}`,
  );
  return `"$(printf '${bytes.join('')}')"`;
}

/**
 * A `fin` command to suggest, ready to be pasted into a shell.
 *
 * `FIN_COMMAND` is how `fin` was started. A clone of the workspace sets it to `npm run -s fin --`.
 */
export function finCommand(...words: readonly string[]): string {
  return [process.env.FIN_COMMAND || 'fin', ...words.map(shellQuote)].join(' ');
}
