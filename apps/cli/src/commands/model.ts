import type { ConvertedModel, ModelInfo, WeightDtype } from '@fin/finbert-lora';
import type { Command } from 'commander';
import { Option } from 'commander';
import { fileSize } from '../io/file-size.js';
import type { Io } from '../io/io.js';
import { printResult } from '../io/print-result.js';
import { jsonOption } from './options.js';

interface ConvertOptions {
  readonly out: string;
  readonly dtype?: WeightDtype;
  readonly json: boolean;
}

export function addModelCommands(program: Command, io: Io): void {
  const group = program.command('model').description('looks at the folder of a BERT, or converts it');
  group
    .command('info')
    .description('architecture, size, classes, and what keeps the model from being used')
    .argument('<dir>', "folder of a model in Hugging Face's layout")
    .addOption(jsonOption())
    .action(async (dir: string, { json }: { json: boolean }) => {
      const { modelInfo } = await import('@fin/finbert-lora');
      printResult(io, json, await modelInfo(dir), infoText);
    });
  group
    .command('convert')
    .description(
      'writes a model of any format as one model.safetensors, with its configuration and tokenizer',
    )
    .argument('<dir>', "folder of a model in Hugging Face's layout")
    .requiredOption('--out <dir>', 'folder to write; it must not hold anything yet')
    .addOption(
      new Option('--dtype <type>', 'type to store the weights in; without it, each as it is').choices([
        'F32',
        'BF16',
        'F16',
      ]),
    )
    .addOption(jsonOption())
    .action(async (dir: string, { out, dtype, json }: ConvertOptions) => {
      const { convertModel } = await import('@fin/finbert-lora');
      printResult(io, json, await convertModel(dir, out, { dtype }), convertedText);
    });
}

function infoText(info: ModelInfo): string {
  const { architecture, parameters, dtype, labels, layers, hiddenSize, heads, intermediateSize } = info;
  const list = (what: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`${what}: ${names.join(', ')}`];
  return [
    `${architecture}: ${parameters.toLocaleString('en')} parameters, ${dtype}, ${fileSize(info.bytes)}`,
    `${layers} layers of width ${hiddenSize}, ${heads} heads, ${intermediateSize} between; ` +
      `${info.vocabSize} words, up to ${info.maxLength} tokens`,
    labels.length > 0 ? `classes in this order: ${labels.join(', ')}` : 'no trained classifier',
    ...info.files,
    ...list('weights a classifier would have to start fresh', info.missingWeights),
    ...list('tensors a classifier has no place for', info.unusedTensors),
    ...info.problems.map((problem) => `problem: ${problem}`),
  ].join('\n');
}

const convertedText = ({ from, dir, tensors, bytes }: ConvertedModel): string =>
  `${dir}\n${tensors} tensors, ${fileSize(bytes)}, from ${from}`;
