import { readInputFile } from '../csv/read-input-file.js';
import { DataInputError, quote } from '../errors.js';

export const sentimentLabels = ['positive', 'negative', 'neutral'] as const;
export type SentimentLabel = (typeof sentimentLabels)[number];

/** A sentence of Financial PhraseBank. */
export interface LabelledSentence {
  readonly text: string;
  readonly label: SentimentLabel;
  /** Line of its first occurrence. */
  readonly line: number;
}

/** Result of {@link loadPhraseBank}: the sentences, and those left out. */
export interface PhraseBank {
  /** Distinct sentences with one label each, in the file's order. */
  readonly sentences: readonly LabelledSentence[];
  /** Number of lines that are not blank. */
  readonly lines: number;
  /** Sentences that occur several times with the same label. Only the first copy is kept. */
  readonly duplicates: readonly { readonly text: string; readonly lines: readonly number[] }[];
  /** Sentences with contradictory labels. All copies are left out. */
  readonly conflicts: readonly {
    readonly text: string;
    readonly labels: readonly SentimentLabel[];
    readonly lines: readonly number[];
  }[];
}

/**
 * Loads any of the four files of Financial PhraseBank (Malo et al., 2014): `sentence@label` lines in ISO-8859-1.
 *
 * @throws DataInputError that names file, line and fix.
 */
export async function loadPhraseBank(file: string): Promise<PhraseBank> {
  const occurrences = new Map<string, { label: SentimentLabel; line: number }[]>();
  let lines = 0;
  for (const [i, line] of latin1Text(await readInputFile(file), file)
    .split(/\r\n|\n|\r/)
    .entries()) {
    if (line.trim() === '') continue;
    const { text, label } = parseLine(line, file, i + 1);
    lines += 1;
    const known = occurrences.get(text);
    if (known) known.push({ label, line: i + 1 });
    else occurrences.set(text, [{ label, line: i + 1 }]);
  }
  if (lines === 0)
    throw new DataInputError('holds only blank lines', { file, line: 1, fix: 'Download it again.' });
  const all = [...occurrences].map(([text, found]) => ({
    text,
    labels: [...new Set(found.map(({ label }) => label))],
    lines: found.map(({ line }) => line),
  }));
  const agreed = all.filter(({ labels }) => labels.length === 1);
  return {
    sentences: agreed.map(({ text, labels, lines: [line] }) => ({ text, label: labels[0], line })),
    lines,
    duplicates: agreed
      .filter((one) => one.lines.length > 1)
      .map((one) => ({ text: one.text, lines: one.lines })),
    conflicts: all.filter(({ labels }) => labels.length > 1),
  };
}

/** Decodes ISO-8859-1. Every byte is valid there, so other encodings are recognized by typical character sequences. */
function latin1Text(bytes: Buffer, file: string): string {
  const text = bytes.toString('latin1');
  const fix = 'Use the file as published, in ISO-8859-1; `iconv -t ISO-8859-1` converts it back.';
  if (text.includes('\0')) throw new DataInputError('looks like UTF-16', { file, line: 1, fix });
  const utf8 = /\u00ef\u00bb\u00bf|\u00ef\u00bf\u00bd|\u00c3[\u0080-\u00bf]/.exec(text);
  if (utf8) {
    const line = text.slice(0, utf8.index).split(/\r\n|\n|\r/).length;
    throw new DataInputError('is encoded as UTF-8', { file, line, fix });
  }
  return text;
}

function parseLine(line: string, file: string, number: number): { text: string; label: SentimentLabel } {
  const at = line.lastIndexOf('@');
  const label = sentimentLabels.find((one) => one === line.slice(at + 1).trim());
  const text = line.slice(0, Math.max(at, 0)).trim();
  if (at < 0 || label === undefined || text === '') {
    throw new DataInputError(`the line is not sentence@label: ${quote(line.slice(-40))}`, {
      file,
      line: number,
      fix: `Each line ends in @ and one of ${sentimentLabels.join(', ')}.`,
    });
  }
  return { text, label };
}
