import { DataInputError, quote } from '../errors.js';
import type { DecodedText } from '../read/decode-text.js';
import { decodeText } from '../read/decode-text.js';
import { delimitedTable, firstCells } from '../read/delimited-table.js';
import type { NamedColumns } from '../read/find-columns.js';
import { findColumns, requireColumn } from '../read/find-columns.js';
import { jsonTable, looksLikeJson } from '../read/json-table.js';
import { looksLikeParquet, parquetTable } from '../read/parquet-table.js';
import type { RawTable } from '../read/raw-table.js';
import { cellError, lineOfCell } from '../read/raw-table.js';
import { readInputFile } from '../read/read-input-file.js';
import type { DroppedValue, FileReport } from '../read/understanding.js';
import type { LabelNames, SentimentLabel } from './sentence-labels.js';
import { labelKey, labelMeaning, sentimentLabels, unknownLabel } from './sentence-labels.js';

/** Sentences of a class below which its scores say little. */
const HANDFUL = 5;

/** A sentence and its class. */
export interface LabelledSentence {
  readonly text: string;
  readonly label: SentimentLabel;
  /** Line of its first occurrence in its file. */
  readonly line: number;
}

/** Result of {@link loadSentences}: the sentences, and those left out. */
export interface LabelledSentences {
  /** Distinct sentences with one label each, in the order of the files. */
  readonly sentences: readonly LabelledSentence[];
  /** Number of lines, or rows, with a sentence. */
  readonly lines: number;
  /** Sentences that occur several times with the same label. Only the first copy is kept. */
  readonly duplicates: readonly { readonly text: string; readonly lines: readonly number[] }[];
  /** Sentences with contradictory labels. All copies are left out. */
  readonly conflicts: readonly {
    readonly text: string;
    readonly labels: readonly SentimentLabel[];
    readonly lines: readonly number[];
  }[];
  /** Class that each label of the files was read as. */
  readonly mapping: LabelNames;
  /** Classes that never occur, or have only a handful of sentences, one sentence each without a final stop. */
  readonly warnings: readonly string[];
  /** Content that was understood, left out and assumed, by file. */
  readonly files: readonly FileReport[];
}

/** What a caller knows of files of sentences that the files leave open. */
export interface SentenceFileOptions {
  /** Names of columns: text, label. @default found by name */
  readonly columns?: NamedColumns;
  /** Meaning of labels that are no known names, such as numbers. */
  readonly labels?: LabelNames;
}

/**
 * Loads labelled sentences from one or several files: Financial PhraseBank (`sentence@label` lines; Malo et al., 2014), or any table with
 * a text and a label as CSV, TSV, JSON Lines or Parquet, such as Kaggle's `all-data.csv` and exports of the `datasets` library.
 *
 * @throws DataInputError that names file, line and fix.
 */
export async function loadSentences(
  files: string | readonly string[],
  options: SentenceFileOptions = {},
): Promise<LabelledSentences> {
  const occurrences = new Map<string, { label: SentimentLabel; line: number }[]>();
  const mapping: Record<string, SentimentLabel> = {};
  const reports: FileReport[] = [];
  let lines = 0;
  for (const file of [files].flat()) {
    const { rows, report } = await readSentences(file, options);
    reports.push(report);
    for (const { text, written, label, line } of rows) {
      mapping[labelKey(written)] = label;
      lines += 1;
      const known = occurrences.get(text);
      if (known) known.push({ label, line });
      else occurrences.set(text, [{ label, line }]);
    }
  }
  const all = [...occurrences].map(([text, found]) => ({
    text,
    labels: [...new Set(found.map(({ label }) => label))],
    lines: found.map(({ line }) => line),
  }));
  const agreed = all.filter(({ labels }) => labels.length === 1);
  const sentences = agreed.map(({ text, labels, lines: [line] }) => ({ text, label: labels[0], line }));
  return {
    sentences,
    lines,
    duplicates: agreed
      .filter((one) => one.lines.length > 1)
      .map((one) => ({ text: one.text, lines: one.lines })),
    conflicts: all.filter(({ labels }) => labels.length > 1),
    mapping,
    warnings: rareClasses(sentences),
    files: reports,
  };
}

/** One message per class with fewer than a handful of sentences. */
function rareClasses(sentences: readonly LabelledSentence[]): string[] {
  return sentimentLabels.flatMap((label) => {
    const count = sentences.filter((sentence) => sentence.label === label).length;
    if (count === 0)
      return [`no sentence is ${label}: a model cannot learn this class, or be measured on it`];
    const verb = count === 1 ? 'is' : 'are';
    return count < HANDFUL ? [`only ${count} of ${sentences.length} sentences ${verb} ${label}`] : [];
  });
}

interface SentenceRow {
  readonly text: string;
  /** Label as it is written. */
  readonly written: string;
  readonly label: SentimentLabel;
  readonly line: number;
}

async function readSentences(
  file: string,
  options: SentenceFileOptions,
): Promise<{ rows: SentenceRow[]; report: FileReport }> {
  const bytes = await readInputFile(file);
  if (looksLikeParquet(bytes)) return tableSentences(await parquetTable(bytes, file), options);
  const text = decodeText(bytes, file);
  const lines = text.bytes.toString('utf8').split(/\r\n|\n|\r/);
  if (lines.every((line) => line.trim() === '')) {
    throw new DataInputError('holds only blank lines', { file, line: 1, fix: 'Download it again.' });
  }
  if (looksLikeJson(text)) return tableSentences(jsonTable(text, file), options);
  if (isPhraseBank(lines)) return phraseBankSentences(lines, text, file, options);
  return tableSentences(delimitedTable(text, file, missingHeader(text, options)), options);
}

/** Whether most lines end in `@` and a word. */
function isPhraseBank(lines: readonly string[]): boolean {
  const filled = lines.filter((line) => line.trim() !== '');
  return 2 * filled.filter((line) => /@\s*[\p{L}\d]+\s*$/u.test(line)).length > filled.length;
}

/** Names of the columns of a table whose first row is already a label and a sentence; undefined for another table. */
function missingHeader(text: DecodedText, { labels }: SentenceFileOptions): string[] | undefined {
  const cells = firstCells(text);
  if (cells.length !== 2) return undefined;
  const at = cells.findIndex((cell) => labelMeaning(cell, labels) !== null);
  return at < 0 ? undefined : at === 0 ? ['label', 'text'] : ['text', 'label'];
}

function phraseBankSentences(
  lines: readonly string[],
  { encoding }: DecodedText,
  file: string,
  { labels }: SentenceFileOptions,
): { rows: SentenceRow[]; report: FileReport } {
  const rows = lines.flatMap((line, i): SentenceRow[] => {
    if (line.trim() === '') return [];
    const at = line.lastIndexOf('@');
    const written = line.slice(at + 1).trim();
    const label = at < 0 ? null : labelMeaning(written, labels);
    const text = line.slice(0, Math.max(at, 0)).trim();
    if (label !== null && text !== '') return [{ text, written, label, line: i + 1 }];
    throw new DataInputError(`the line is not sentence@label: ${quote(line.slice(-40))}`, {
      file,
      line: i + 1,
      fix: `Each line ends in @ and one of ${sentimentLabels.join(', ')}.`,
    });
  });
  return {
    rows,
    report: {
      file,
      holds: 'sentences',
      format: 'lines of sentence@label',
      encoding,
      columns: {},
      dates: null,
      rows: rows.length,
      dropped: [],
      assumptions: [],
    },
  };
}

function tableSentences(
  table: RawTable,
  { columns: named = {}, labels }: SentenceFileOptions,
): { rows: SentenceRow[]; report: FileReport } {
  const found = findColumns(table, ['text', 'label'], { text: named.text, label: named.label });
  const textIndex = requireColumn(table, found, 'text');
  const labelIndex = requireColumn(table, found, 'label');
  const dropped: DroppedValue[] = [];
  const rows = table.rows.flatMap((row): SentenceRow[] => {
    const text = row.cells[textIndex].trim();
    const written = row.cells[labelIndex].trim();
    if (text === '') {
      dropped.push({ line: row.line, reason: 'no sentence' });
      return [];
    }
    const label = labelMeaning(written, labels);
    if (label !== null) return [{ text, written, label, line: lineOfCell(row, textIndex) }];
    const { problem, fix } = unknownLabel(
      written,
      table.rows.map(({ cells }) => cells[labelIndex]),
    );
    throw cellError(table, row, labelIndex, problem, fix);
  });
  return {
    rows,
    report: {
      file: table.file,
      holds: 'sentences',
      format: table.format,
      encoding: table.encoding,
      columns: { text: table.header.cells[textIndex].trim(), label: table.header.cells[labelIndex].trim() },
      dates: null,
      rows: table.rows.length,
      dropped,
      assumptions: [],
    },
  };
}
