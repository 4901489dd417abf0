import { escapeLine } from '../io/escape.js';

/** Stands for the index of an array task in the words of a command line. In the script it becomes Slurm's variable. */
export const TASK = '{task}';

/**
 * Quotes a word for bash. Any text arrives as it is, and is one printable line in the script.
 *
 * @param perTask whether `{task}` in the word stands for the index of the array task
 */
export function bashWord(word: string, perTask: boolean): string {
  if (!perTask || !word.includes(TASK)) return quoted(word);
  return word
    .split(TASK)
    .map((part) => (part === '' ? '' : quoted(part)))
    .join('"$SLURM_ARRAY_TASK_ID"');
}

function quoted(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  if (escapeLine(text) === text) return `'${text.replaceAll("'", "'\\''")}'`;
  const bytes = [...Buffer.from(text)].map((byte) =>
    /[\w@%+=:,./ -]/.test(String.fromCharCode(byte))
      ? String.fromCharCode(byte)
      : `\\${byte.toString(8).padStart(3, '0')}`,
  );
  return `$'${bytes.join('')}'`;
}
