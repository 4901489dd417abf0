import type { ConvertedModel, MergedModel, ModelInfo, WeightDtype } from '@fin/finbert-lora';
import { requireWritableFolder } from '@fin/run';
import type { PullEvent, PulledModel } from '@fin/sources';
import type { Command } from 'commander';
import { Argument } from 'commander';
import { startBackend } from '../backend.js';
import { ModelMissingError, modelFolder } from '../hub-models.js';
import { interruptible } from '../io/interruption.js';
import type { Progress } from '../io/progress.js';
import { createProgress } from '../io/progress.js';
import { UnusableInputError } from '../io/report-error.js';
import type { Terminal } from '../io/terminal.js';
import { fileSize } from '../io/terminal.js';
import { jsonOption, option, path } from '../options.js';

interface PullFlags {
  readonly revision?: string;
  readonly offline?: true;
  readonly json: boolean;
}

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
  new Argument('<model>', "folder of a model in Hugging Face's layout, or its name on the hub").argParser(
    path,
  );

const outOption = () =>
  option('--out <dir>', 'folder to write; it must not exist or be empty', {
    parse: path,
  }).makeOptionMandatory();

/** Files below this size are there at once, and have no progress. */
const LARGE_BYTES = 1e6;

const dtypeOption = (byDefault: string) =>
  option('--dtype <type>', 'number format of the weights', { choices: ['F32', 'BF16', 'F16'], byDefault });

export function addModelCommands(program: Command, terminal: Terminal): void {
  const group = program
    .command('model')
    .description('fetches BERT models from the hub, and examines, converts or merges them');
  group
    .command('pull')
    .description(
      'fetches a model from the Hugging Face hub into the cache that Python shares, for --model NAME in other commands',
    )
    .argument('<name>', 'name on the hub, such as ProsusAI/finbert')
    .addOption(option('--revision <name>', 'branch, tag or commit', { byDefault: 'main' }))
    .addOption(option('--offline', 'only look whether the model is in the cache'))
    .addOption(jsonOption())
    .action(async (name: string, flags: PullFlags) => {
      terminal.result(flags.json, await pull(name, flags, terminal), pulledLines);
    });
  group
    .command('info')
    .description('prints architecture, size and classes, and what keeps the model from being used')
    .addArgument(modelArgument())
    .addOption(jsonOption())
    .action(async (name: string, { json }: { json: boolean }) => {
      const dir = await modelFolder(name);
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
    .action(async (name: string, { out, dtype, json }: ConvertOptions) => {
      await requireWritableFolder(out);
      const dir = await modelFolder(name);
      const { convertModel } = await import('@fin/finbert-lora');
      terminal.result(json, await convertModel(dir, out, { dtype }), convertedLines);
    });
  group
    .command('merge')
    .description('merges a LoRA adapter into its base model and writes the result as a whole model')
    .addArgument(
      new Argument(
        '<adapter>',
        'adapter that PEFT or `fin finetune` wrote: a folder, or its name on the hub',
      ).argParser(path),
    )
    .addOption(
      option('--base <dir>', 'model that the adapter was trained on: a folder, or its name on the hub', {
        parse: path,
      }).makeOptionMandatory(),
    )
    .addOption(outOption())
    .addOption(dtypeOption('F32'))
    .addOption(jsonOption())
    .action(async (name: string, { base: baseName, out, dtype, json }: MergeOptions) => {
      await requireWritableFolder(out);
      const adapter = await modelFolder(name);
      const base = await modelFolder(baseName);
      const { adapterLabels } = await import('@fin/sentiment');
      const { mergeAdapter } = await import('@fin/finbert-lora');
      const labels = await adapterLabels(adapter, base);
      await startBackend(undefined, terminal);
      terminal.result(json, await mergeAdapter(adapter, { base, out, labels, dtype }), mergedLines);
    });
}

async function pull(
  name: string,
  { revision, offline }: PullFlags,
  terminal: Terminal,
): Promise<PulledModel> {
  const { ModelNotCachedError, pullModel } = await import('@fin/sources');
  const progress = createProgress(terminal);
  try {
    return await interruptible(
      () => '; what is there is kept, and the same command goes on with it',
      (signal) => pullModel(name, { revision, offline, signal, onEvent: (event) => show(event, progress) }),
    );
  } catch (error) {
    if (!(error instanceof ModelNotCachedError)) throw error;
    throw new ModelMissingError(`${error.problem}; without --offline and HF_HUB_OFFLINE it is fetched`);
  } finally {
    progress.end();
  }
}

function show(event: PullEvent, progress: Progress): void {
  if (event.kind === 'note') progress.line(`note: ${event.text}`);
  else if (event.kind === 'commit') progress.line(`commit ${event.commit}`);
  else {
    const { path: file, done, total } = event;
    const inMegabytes = (bytes: number) => Math.round(bytes / 1e5) / 10;
    if (total >= LARGE_BYTES) progress.update(`${file} (MB)`, inMegabytes(done), inMegabytes(total));
  }
}

function pulledLines({ name, revision, commit, dir, files }: PulledModel): string[] {
  const size = (some: PulledModel['files']) => fileSize(some.reduce((sum, file) => sum + file.size, 0));
  const fetched = files.filter((file) => file.fetched);
  return [
    dir,
    `${name}, ${revision === commit ? '' : `${revision} = `}commit ${commit}`,
    files.length === 0
      ? 'it is in the cache'
      : `${files.length} files, ${size(files)}; fetched ${size(fetched)}`,
  ];
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
