import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DamagedFileError, FileWriteError, readStoredText } from '@fin/files';

/** A value of a metrics row. JSON has no NaN or infinity: those are written as null. */
export type MetricValue = number | string | boolean | null | readonly MetricValue[] | MetricsRow;

/** One line of the metrics log. */
export type MetricsRow = { readonly [name: string]: MetricValue };

/** A log of JSON rows, one per line. */
export class MetricsLog {
  readonly #path: string;
  #file: number;

  /** Opens the log, or creates it. An incomplete last line, left by a crash, is removed. */
  constructor(path: string) {
    this.#path = path;
    try {
      if (existsSync(path)) dropPartialLine(path); // also refuses a pipe, whose opening would wait
      this.#file = openSync(path, 'a');
    } catch (error) {
      throw error instanceof DamagedFileError ? error : new FileWriteError(path, error);
    }
  }

  /** Appends a row. When it returns, the row survives the end of this process; after {@link sync} also a power cut. */
  append(row: MetricsRow): void {
    try {
      writeSync(this.#file, `${JSON.stringify(row)}\n`);
    } catch (error) {
      throw new FileWriteError(this.#path, error);
    }
  }

  /** Keeps only the rows that `wanted` accepts. Replaces the file atomically. */
  keep(wanted: (row: MetricsRow) => boolean): void {
    const temporary = join(
      dirname(this.#path),
      `.${basename(this.#path)}.${process.pid}-${randomUUID()}.tmp`,
    );
    try {
      const lines = readMetricsLog(this.#path)
        .filter(wanted)
        .map((row) => `${JSON.stringify(row)}\n`);
      writeFileSync(temporary, lines.join(''), { flush: true });
      renameSync(temporary, this.#path);
      closeSync(this.#file);
      this.#file = openSync(this.#path, 'a');
    } catch (error) {
      throw new FileWriteError(this.#path, error);
    }
  }

  sync(): void {
    fsyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Reads the rows of a metrics log. An incomplete last line, left by a crash, is ignored. */
export function readMetricsLog(path: string): MetricsRow[] {
  const text = readStoredText(path);
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as MetricsRow);
}

function dropPartialLine(path: string): void {
  const text = readStoredText(path);
  const end = text.lastIndexOf('\n') + 1;
  if (end < text.length) truncateSync(path, Buffer.byteLength(text.slice(0, end)));
}
