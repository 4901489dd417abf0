import type { LabelledSentences } from '@fin/data';
import type { Command, Option } from 'commander';
import type { Terminal } from './io/terminal.js';
import { option, path } from './options.js';

/** Options that name files of labelled sentences and what they leave open. */
export interface SentenceFlags {
  readonly data?: readonly string[];
  readonly labels?: string;
  readonly columns?: string;
}

/** Adds the options of {@link SentenceFlags}. */
export function addSentenceOptions(command: Command): Command {
  return command
    .addOption(
      option(
        '--data <file>',
        'labelled sentences: Financial PhraseBank, or any CSV, TSV, JSON Lines or Parquet with a text and a label; several are mixed',
        { parse: (text, before) => [...((before as string[] | undefined) ?? []), path(text)] },
      ),
    )
    .addOption(labelsOption())
    .addOption(
      option('--columns <names>', 'what columns hold, such as text=Tweet,label=Mood', {
        byDefault: 'found by name',
      }),
    );
}

export const labelsOption = (): Option =>
  option('--labels <names>', 'meaning of labels, such as 0=negative,1=neutral,2=positive', {
    byDefault: 'their names',
  });

/** Loads files of labelled sentences. */
export async function openSentences(
  files: readonly string[],
  { labels, columns }: Pick<SentenceFlags, 'labels' | 'columns'>,
): Promise<LabelledSentences> {
  const { loadSentences, parseColumnNames, parseLabelNames } = await import('@fin/data');
  return loadSentences(files, {
    ...(labels !== undefined && { labels: parseLabelNames(labels) }),
    ...(columns !== undefined && { columns: parseColumnNames(columns) }),
  });
}

/** Prints how files of sentences were read, and which classes are rare. */
export function noteSentences({ files, mapping, warnings }: LabelledSentences, terminal: Terminal): void {
  for (const { file, format, encoding, dropped } of files) {
    terminal.line(
      `note: ${file} is read as ${[format, encoding].filter((word) => word !== null).join(', ')}`,
    );
    if (dropped.length > 0)
      terminal.line(`note: ${file}: ${dropped.length} rows without a sentence left out`);
  }
  const others = mappingText(mapping);
  if (others !== '') terminal.line(`note: labels are read as ${others}`);
  for (const warning of warnings) terminal.line(`warning: ${warning}`);
}

/** "0 = negative, 1 = neutral"; empty when every label is its own name. */
export const mappingText = (mapping: Readonly<Record<string, string>>): string =>
  Object.entries(mapping)
    .filter(([written, label]) => written !== label)
    .map(([written, label]) => `${written} = ${label}`)
    .join(', ');
