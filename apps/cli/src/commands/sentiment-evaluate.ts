import type { InferencePrecision } from '@fin/amp';
import type { LabelledSentences } from '@fin/data';
import { writeFileAtomically } from '@fin/files';
import { requireFreeOutput } from '@fin/run';
import type { BackendName } from '@fin/runtime';
import type { ClassificationReport } from '@fin/sentiment';
import type { Command } from 'commander';
import { notePrecision, startBackend } from '../backend.js';
import { modelFolder } from '../hub-models.js';
import { interruptible } from '../io/interruption.js';
import type { Terminal } from '../io/terminal.js';
import { textTable } from '../io/terminal.js';
import { backendOption, inferencePrecisionOption, jsonOption, option, path } from '../options.js';
import { chooseModel } from '../runs.js';
import type { SentenceFlags } from '../sentences.js';
import { addSentenceOptions, mappingText, noteSentences, openSentences } from '../sentences.js';
import { absentClasses } from './finetune.js';

interface Options extends SentenceFlags {
  readonly model: string;
  readonly base?: string;
  readonly out?: string;
  readonly precision?: InferencePrecision;
  readonly backend?: BackendName;
  readonly json: boolean;
}

/** Result of the command. */
interface Result extends ClassificationReport {
  readonly model: string;
  readonly precision: InferencePrecision;
  readonly files: readonly string[];
  /** Classes of which macro-F1 is the mean. */
  readonly macroF1Classes: number;
  /** Class that each label of the files, and each class of the model, was read as. */
  readonly mapping: {
    readonly data: Readonly<Record<string, string>>;
    readonly model: Readonly<Record<string, string>>;
  };
  readonly duplicates: number;
  readonly conflicts: number;
  readonly warnings: readonly string[];
}

/** Adds `evaluate` to the group `sentiment`. */
export function addSentimentEvaluateCommand(group: Command, terminal: Terminal): void {
  const command = group
    .command('evaluate')
    .description('measures a sentiment model on labelled sentences, without training');
  addSentenceOptions(command)
    .addOption(
      option(
        '--model <dir>',
        'a run of `fin finetune`, or a sentiment model or adapter: a folder, or a name on the hub',
        {
          parse: path,
        },
      ).makeOptionMandatory(),
    )
    .addOption(
      option('--base <dir>', "an adapter's base model", {
        parse: path,
        byDefault: 'its folder when the adapter was trained',
      }),
    )
    .addOption(option('--out <file>', 'JSON file to write', { parse: path }))
    .addOption(inferencePrecisionOption())
    .addOption(backendOption())
    .addOption(jsonOption())
    .action(async (options: Options) => {
      const { model, base, out, json } = options;
      const data = options.data ?? command.error("error: required option '--data <file>' not specified");
      const inputs = [...data, model, base].filter((input) => input !== undefined);
      if (out !== undefined) await requireFreeOutput(out, inputs);
      const result = await interruptible(
        () => '; nothing was written',
        (signal) => evaluate({ ...options, data }, signal, terminal),
      );
      if (out !== undefined) await writeFileAtomically(out, `${JSON.stringify(result, null, 2)}\n`);
      terminal.result(json, result, resultLines);
    });
}

async function evaluate(
  options: Options & { readonly data: readonly string[] },
  signal: AbortSignal,
  terminal: Terminal,
): Promise<Result> {
  const { data, precision = 'fp32', backend } = options;
  const dir = await chooseModel(options.model);
  const base = options.base === undefined ? undefined : await modelFolder(options.base);
  const bank: LabelledSentences = await openSentences(data, options);
  const { evaluateSentiment } = await import('@fin/sentiment');
  const { describePrecision } = await import('@fin/amp');
  await startBackend(backend, terminal);
  notePrecision(describePrecision(precision), terminal);
  noteSentences(bank, terminal);
  const { report, mapping } = await evaluateSentiment(dir, bank.sentences, { base, precision, signal });
  return {
    model: dir,
    precision,
    files: data,
    ...report,
    macroF1Classes: report.classes.length,
    mapping: { data: bank.mapping, model: mapping },
    duplicates: bank.duplicates.length,
    conflicts: bank.conflicts.length,
    warnings: bank.warnings,
  };
}

function resultLines(result: Result): string[] {
  const { n, accuracy, macroF1, macroF1Classes, classes, confusion, duplicates, conflicts, mapping } = result;
  const own = mappingText(mapping.model);
  return [
    `${result.model} on ${result.files.join(', ')}`,
    `accuracy ${accuracy.toFixed(4)}, macro-F1 ${macroF1.toFixed(4)} over ${macroF1Classes} classes on ${n} sentences`,
    ...absentClasses(classes),
    ...(own === '' ? [] : [`the model's classes are read as ${own}`]),
    `left out: ${duplicates} repeated sentences, ${conflicts} with contradictory labels`,
    '',
    ...textTable(
      ['', 'precision', 'recall', 'F1', 'sentences'],
      classes.map(({ label, precision, recall, f1, support }) => [
        label,
        ...[precision, recall, f1].map((value) => value.toFixed(3)),
        String(support),
      ]),
    ),
    '',
    ...textTable(
      ['actual \\ predicted', ...classes.map(({ label }) => label)],
      classes.map(({ label }, i) => [label, ...confusion[i].map(String)]),
    ),
  ];
}
