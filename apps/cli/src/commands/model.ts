import type { ConvertedModel, MergedModel, ModelInfo, WeightDtype } from '@fin/finbert-lora';
import { requireWritableFolder } from '@fin/run';
import type { Command } from 'commander';
import { Argument } from 'commander';
import { startBackend } from '../backend.js';
import { UnusableInputError } from '../io/report-error.js';
import type { Terminal } from '../io/terminal.js';
import { fileSize } from '../io/terminal.js';
import { jsonOption, option, path } from '../options.js';

interface ConvertOptions {
  readonly out: string;
  readonly dtype?: WeightDtype;
  readonly json: boolean;
}

interface MergeOptions {
  readonly base: string;
  readonly out: string;
  readonly dtype?: WeightDtype;
  readonly json: boolean;
}

const modelArgument = () =>
  new Argument('<dir>', "folder of a model in Hugging Face's layout").argParser(path);

const outOption = () =>
  option('--out <dir>', 'folder to write; it must not exist or be empty', {
    parse: path,
  }).makeOptionMandatory();

const dtypeOption = (byDefault: string) =>
  option('--dtype <type>', 'number format of the weights', { choices: ['F32', 'BF16', 'F16'], byDefault });

export function addModelCommands(program: Command, terminal: Terminal): void {
  const group = program.command('model').description('examines, converts or merges BERT models');
  group
    .command('info')
    .description('prints architecture, size and classes, and what keeps the model from being used')
    .addArgument(modelArgument())
    .addOption(jsonOption())
    .action(async (dir: string, { json }: { json: boolean }) => {
      const { modelInfo } = await import('@fin/finbert-lora');
      const info = await modelInfo(dir);
      terminal.result(json, info, infoLines);
      if (info.problems.length > 0) throw new UnusableInputError(`${dir} cannot be used as a model`);
    });
  group
    .command('convert')
    .description(
      'writes a model of any supported format as one model.safetensors, with configuration and tokenizer',
    )
    .addArgument(modelArgument())
    .addOption(outOption())
    .addOption(dtypeOption('as they are'))
    .addOption(jsonOption())
    .action(async (dir: string, { out, dtype, json }: ConvertOptions) => {
      await requireWritableFolder(out);
      const { convertModel } = await import('@fin/finbert-lora');
      terminal.result(json, await convertModel(dir, out, { dtype }), convertedLines);
    });
  group
    .command('merge')
    .description('merges a LoRA adapter into its base model and writes the result as a whole model')
    .addArgument(
      new Argument('<adapter>', 'folder of an adapter that PEFT or `fin finetune` wrote').argParser(path),
    )
    .addOption(
      option('--base <dir>', 'folder of the model that the adapter was trained on', {
        parse: path,
      }).makeOptionMandatory(),
    )
    .addOption(outOption())
    .addOption(dtypeOption('F32'))
    .addOption(jsonOption())
    .action(async (adapter: string, { base, out, dtype, json }: MergeOptions) => {
      await requireWritableFolder(out);
      const { adapterLabels } = await import('@fin/sentiment');
      const { mergeAdapter } = await import('@fin/finbert-lora');
      const labels = await adapterLabels(adapter, base);
      await startBackend(undefined, terminal);
      terminal.result(json, await mergeAdapter(adapter, { base, out, labels, dtype }), mergedLines);
    });
}

function infoLines(info: ModelInfo): string[] {
  const { architecture, parameters, dtype, labels, layers, hiddenSize, heads, intermediateSize } = info;
  const list = (what: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`${what}: ${names.join(', ')}`];
  return [
    `${architecture}: ${parameters.toLocaleString('en')} parameters, ${dtype}, ${fileSize(info.bytes)}`,
    `${layers} layers, hidden size ${hiddenSize}, ${heads} heads, intermediate size ${intermediateSize}; ` +
      `${info.vocabSize} words, up to ${info.maxLength} tokens`,
    labels.length > 0 ? `classes in this order: ${labels.join(', ')}` : 'no trained classifier',
    ...info.files,
    ...list('weights missing for a classifier, which would start random', info.missingWeights),
    ...list('tensors not used by a classifier', info.unusedTensors),
    ...info.problems.map((problem) => `problem: ${problem}`),
  ];
}

const convertedLines = ({ from, dir, tensors, bytes }: ConvertedModel): string[] => [
  dir,
  `${tensors} tensors, ${fileSize(bytes)}, from ${from}`,
];

const mergedLines = ({ dir, labels, parameters }: MergedModel): string[] => [
  dir,
  `${parameters.toLocaleString('en')} parameters, classes in this order: ${labels.join(', ')}`,
];
