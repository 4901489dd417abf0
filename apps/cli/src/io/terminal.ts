import Table from 'cli-table3';
import { escapeJson, escapeLine, finCommand } from './escape.js';
import type { Io } from './io.js';

/**
 * Writes to stdout and stderr; nothing else does. It escapes all characters that would control the terminal, since text comes
 * from data, models and the command line.
 */
export class Terminal {
  readonly #io: Io;
  #drawn = false;
  #hasDocument = false;

  constructor(io: Io) {
    this.#io = io;
  }

  /** Whether stderr is a terminal, whose last line can be redrawn. */
  get isTerminal(): boolean {
    return this.#io.stderr.isTTY ?? false;
  }

  /** The one result of a command, on stdout: as a JSON document, or as lines for people. */
  result<T>(json: boolean, value: T, lines: (value: T) => readonly string[]): void {
    if (json && this.#hasDocument) return; // a result that is itself the bad news, such as a list of problems
    this.#hasDocument ||= json;
    const text = json ? escapeJson(JSON.stringify(value, null, 2)) : lines(value).map(escapeLine).join('\n');
    this.#io.stdout.write(`${text}\n`);
  }

  /** Lines of help, on stdout. */
  help(text: string): void {
    this.#io.stdout.write(text.split('\n').map(escapeLine).join('\n'));
  }

  /** A line on stderr. Further lines of the text are indented, so that none can pass for a message of its own. */
  line(text: string): void {
    this.clear();
    this.#io.stderr.write(`${inWordsOfFin(text).trimEnd().split('\n').map(escapeLine).join('\n  ')}\n`);
  }

  /** Replaces the last line of stderr. Only where it {@link isTerminal}. */
  redraw(text: string): void {
    const width = (this.#io.stderr.columns ?? 100) - 1;
    this.#io.stderr.write(`\r\u001b[2K${escapeLine(text).slice(0, width)}`);
    this.#drawn = true;
  }

  /** Removes the line that {@link redraw} drew. */
  clear(): void {
    if (this.#drawn) this.#io.stderr.write('\r\u001b[2K');
    this.#drawn = false;
  }

  /** Keeps the line that {@link redraw} drew, and starts a new one. */
  keep(): void {
    if (this.#drawn) this.#io.stderr.write('\n');
    this.#drawn = false;
  }
}

/** How @fin/runtime names its install command in messages. */
const INSTALL_COMMANDS = '`fin install` (with @fin/cli) or `npx --package @fin/runtime fin-runtime install`';

/** Shortens the install commands in messages of @fin/runtime to the one that works here. */
function inWordsOfFin(text: string): string {
  return text.replaceAll(INSTALL_COMMANDS, `\`${finCommand('install')}\``);
}

const NO_BORDER = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid']
    .flatMap((side) => [side, `${side}-mid`, `${side}-left`, `${side}-right`, `mid-${side}`])
    .concat('middle')
    .map((name) => [name, '']),
);

/** Lines of a table without borders: the first column to the left, the others to the right. */
export function textTable(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const table = new Table({
    head: header.map(escapeLine),
    chars: NO_BORDER,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    colAligns: header.map((_, i) => (i === 0 ? 'left' : 'right')),
  });
  table.push(...rows.map((row) => row.map(escapeLine)));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** A number of bytes for people, in powers of 1000. */
export function fileSize(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return power === 0 ? `${bytes} bytes` : `${(bytes / 1000 ** power).toFixed(1)} ${UNITS[power]}`;
}

/** A share as a percentage. */
export const percent = (share: number, digits: number): string => `${(100 * share).toFixed(digits)} %`;
