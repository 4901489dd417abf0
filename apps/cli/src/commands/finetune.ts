import { resolve } from 'node:path';
import type { Precision } from '@fin/amp';
import type { ProcessGroup } from '@fin/parallel';
import { launched, singleProcess } from '@fin/parallel';
import type { BackendName } from '@fin/runtime';
import type { TuningEvent, TuningOptions, TuningSummary } from '@fin/sentiment';
import type { Command } from 'commander';
import { notePrecision, startBackend } from '../backend.js';
import { hubSource } from '../hub-models.js';
import { finCommand } from '../io/escape.js';
import type { Progress } from '../io/progress.js';
import { createProgress } from '../io/progress.js';
import type { Terminal } from '../io/terminal.js';
import { percent, textTable } from '../io/terminal.js';
import type { LoraFlags, RecordFlags, Resume } from '../options.js';
import {
  addRecordOptions,
  backendOption,
  given,
  jsonOption,
  loraOptions,
  loraSettings,
  newRunOption,
  numbers,
  optimizerOption,
  option,
  overwriteOption,
  path,
  precisionOption,
  recordSettings,
  requireTrainingFolders,
  resumeFrom,
  resumeOption,
  runToResume,
  storageOption,
} from '../options.js';
import { withRanks } from '../ranks.js';
import {
  chooseModel,
  isUnfinished,
  newRunFolder,
  profileText,
  reportRepaired,
  resumable,
  resumeText,
  TUNING_RUNS,
} from '../runs.js';
import type { SentenceFlags } from '../sentences.js';
import { addSentenceOptions, noteSentences, openSentences } from '../sentences.js';

interface Options extends LoraFlags, RecordFlags, SentenceFlags {
  readonly warmUp?: string;
  readonly model?: string;
  readonly run?: string;
  readonly overwrite: boolean;
  readonly resume?: Resume;
  readonly method?: 'lora' | 'full';
  readonly seed?: number;
  readonly splitSeed?: number;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly optimizer?: 'adamw' | 'adamw8bit';
  readonly layerDecay?: number;
  readonly gradualUnfreezing?: true;
  readonly layersToTransform?: number[];
  readonly cacheFrozenLayers?: true;
  readonly classWeights: boolean;
  readonly precision?: Precision;
  readonly storage?: 'nf4' | 'int8';
  readonly backend?: BackendName;
  readonly json: boolean;
}

export function addFinetuneCommand(program: Command, terminal: Terminal): void {
  const { seed, epochs, batchSize, learningRate, layerDecay } = numbers;
  const command = program
    .command('finetune')
    .description('fine-tunes a BERT for sentiment on labelled sentences, and writes a run folder');
  addSentenceOptions(command)
    .addOption(
      option(
        '--warm-up <file>',
        'fine-tune on these sentences first, in a run of its own beside the run folder (its name ends in -warm-up), and go on from its model',
        { parse: path },
      ).conflicts('resume'),
    )
    .addOption(
      option(
        '--model <dir>',
        'model to start from, a folder or a name on the hub; an encoder without a classifier gets a new one',
        {
          parse: path,
        },
      ),
    )
    .addOption(newRunOption(TUNING_RUNS))
    .addOption(overwriteOption())
    .addOption(resumeOption())
    .addOption(
      option('--method <name>', 'train LoRA adapters and the classifier, or all weights', {
        choices: ['lora', 'full'],
        byDefault: 'lora',
      }),
    )
    .addOption(
      option('--seed <n>', 'seed of new weights, the order of the sentences and dropout', {
        parse: seed,
        byDefault: '1',
      }),
    )
    .addOption(
      option('--split-seed <n>', 'seed of the split into training, validation and test sentences', {
        parse: seed,
        byDefault: 'the value of --seed',
      }),
    )
    .addOption(
      option('--epochs <n>', 'maximum number of passes over the training sentences', {
        parse: epochs,
        byDefault: '8 with lora, 6 with full',
      }),
    )
    .addOption(option('--batch-size <n>', 'sentences per update', { parse: batchSize, byDefault: '32' }))
    .addOption(
      option('--learning-rate <rate>', 'peak learning rate', {
        parse: learningRate,
        byDefault: '0.001 with lora, 0.0002 with full',
      }),
    )
    .addOption(optimizerOption())
    .addOption(
      option(
        '--layer-decay <factor>',
        'divide the learning rate by this factor per layer, from the top down',
        {
          parse: layerDecay,
          byDefault: '1 with lora, 1.2 with full',
        },
      ),
    )
    .option('--gradual-unfreezing', 'train the classifier first, then unfreeze layer by layer from the top')
    .option(
      '--no-class-weights',
      'give all classes the same weight in the loss; by default rare classes have more',
    );
  for (const lora of loraOptions({ alpha: '16', dropout: '0.1' })) command.addOption(lora);
  command
    .addOption(
      option('--layers-to-transform <numbers>', 'layers that get adapters, from 0, with commas between', {
        parse: layerNumbers,
        byDefault: 'all',
      }),
    )
    .option(
      '--cache-frozen-layers',
      'compute the layers below the lowest adapter once per sentence, without dropout; needs --layers-to-transform',
    );
  addRecordOptions(command.addOption(precisionOption()).addOption(storageOption('with --method lora')))
    .addOption(backendOption())
    .addOption(jsonOption())
    .action(async (options: Options) => {
      const runDir = options.resume
        ? runToResume(command, options.run)
        : (options.run ?? newRunFolder(TUNING_RUNS));
      const chosen = options.resume ? null : startOf(options, command);
      await requireTrainingFolders(runDir, options);
      if (options.warmUp !== undefined && launched())
        command.error(
          'error: --warm-up runs as one process: fine-tune on these sentences in a run of its own first',
        );
      const begun = chosen && (await warmedUp({ ...options, ...chosen }, runDir, terminal));
      const summary = await withRanks(terminal, (group) =>
        resumable(runDir, terminal, async (signal) =>
          finetune(
            begun ? { ...options, ...begun } : await resumedOptions(runDir, options),
            runDir,
            signal,
            group,
            terminal,
          ),
        ),
      );
      if (summary) terminal.result(options.json, summary, summaryLines);
      else reportRepaired(runDir, options.json, terminal);
    });
}

/** Numbers with commas between. */
const layerNumbers = (text: string): number[] =>
  text.split(',').map((part) => numbers.layerNumber(part.trim()));

/** Data and model of a run. */
interface Start {
  readonly data: readonly string[];
  readonly model: string;
}

/** The options of a resumed run: its own data, model and backend, unless the command line names others. */
async function resumedOptions(runDir: string, options: Options): Promise<Options & Start> {
  const { readUnfinishedRun } = await import('@fin/run');
  const { source, environment } = readUnfinishedRun(runDir, 'sentiment-tuning');
  return {
    ...options,
    data: options.data ?? [source.data].flat().map(String),
    labels: options.labels ?? textOf(source.labels),
    columns: options.columns ?? textOf(source.columns),
    model: options.model ?? String(source.model),
    backend: options.backend ?? (environment.backend as BackendName),
  };
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Data and model of the run: after the stage of `--warm-up`, its model. */
async function warmedUp(options: Options & Start, runDir: string, terminal: Terminal): Promise<Start> {
  const { warmUp, data, model } = options;
  if (warmUp === undefined) return { data, model };
  const firstRun = `${runDir}-warm-up`;
  const stage = { ...options, data: [warmUp], tensorboard: undefined, profile: undefined };
  terminal.line(`note: first stage on ${warmUp}, in ${firstRun}`);
  try {
    await resumable(firstRun, terminal, (signal) =>
      finetune(stage, firstRun, signal, singleProcess, terminal),
    );
  } catch (error) {
    if (isUnfinished(firstRun)) {
      terminal.line(
        'note: the first stage stopped. Finish it with the command that resumes it; then go on with',
      );
      const base = await chooseModel(model);
      for (const line of secondStage(options, base, firstRun, runDir)) terminal.line(`note:   ${line}`);
    }
    throw error;
  }
  return { data, model: await wholeModelOf(firstRun, model) };
}

/** The commands that follow the first stage. An adapter is merged first, because the next stage adds adapters of its own. */
function secondStage(
  { method = 'lora', data, labels, columns }: Options & Start,
  base: string,
  firstRun: string,
  runDir: string,
): string[] {
  const merged = `${firstRun}-model`;
  const lora = method === 'lora';
  const files = data.flatMap((file) => ['--data', file]);
  const known = Object.entries(given({ labels, columns })).flatMap(([name, value]) => [`--${name}`, value]);
  const start = ['--model', lora ? merged : firstRun, '--method', method, '--run', runDir];
  return [
    ...(lora
      ? [finCommand('model', 'merge', ...[`${firstRun}/adapter`, '--base', base, '--out', merged])]
      : []),
    `${finCommand('finetune', ...files, ...known, ...start)} and the other options of this command but --warm-up`,
  ];
}

/** The model of a finished stage. An adapter is merged into its base, because the next stage adds adapters of its own. */
async function wholeModelOf(run: string, base: string): Promise<string> {
  const dir = await chooseModel(run);
  const { adapterLabels, isAdapterFolder } = await import('@fin/sentiment');
  if (!isAdapterFolder(dir)) return dir;
  const { mergeAdapter } = await import('@fin/finbert-lora');
  const baseDir = await chooseModel(base);
  const out = `${run}-model`;
  await mergeAdapter(dir, { base: baseDir, out, labels: await adapterLabels(dir, baseDir), dtype: 'F32' });
  return out;
}

/** Data and model, which only a resumed run may leave out. */
function startOf({ data, model }: Options, command: Command): Start {
  const missing = (flags: string) => command.error(`error: required option '${flags}' not specified`);
  return { data: data ?? missing('--data <file>'), model: model ?? missing('--model <dir>') };
}

async function finetune(
  options: Options & Start,
  runDir: string,
  signal: AbortSignal,
  group: ProcessGroup,
  terminal: Terminal,
): Promise<TuningSummary | null> {
  const { data, model, overwrite, backend, resume, labels, columns } = options;
  const modelDir = await chooseModel(model);
  const bank = await openSentences(data, { labels, columns });
  const { tuneSentiment } = await import('@fin/sentiment');
  await startBackend(backend, terminal, group);
  noteSentences(bank, terminal);
  const progress = createProgress(terminal);
  try {
    return await tuneSentiment({
      bank,
      modelDir,
      runDir,
      overwrite,
      resume: resumeFrom(resume),
      settings: settingsOf(options),
      ...recordSettings(options),
      source: {
        data: recordedFiles(data),
        ...given({ labels, columns }),
        ...(await hubSource(modelDir)),
      },
      signal,
      group,
      onEvent: (event) =>
        event.kind === 'precision' ? notePrecision(event, terminal) : show(event, progress),
    });
  } finally {
    progress.end();
  }
}

/** Paths of the data for the record of the run: one, or a list. */
function recordedFiles(files: readonly string[]): string | readonly string[] {
  const paths = files.map((file) => resolve(file));
  return paths.length === 1 ? paths[0] : paths;
}

/** The settings that were given; the library fills in the rest. */
function settingsOf(options: Options): TuningOptions {
  const { method, seed, gradualUnfreezing, layersToTransform, cacheFrozenLayers } = options;
  const { splitSeed, epochs, batchSize, learningRate, optimizer, layerDecay, precision, storage } = options;
  const classWeights = options.classWeights ? undefined : false; // on by default
  return {
    ...given({
      method,
      seed,
      gradualUnfreezing,
      classWeights,
      splitSeed,
      epochs,
      batchSize,
      learningRate,
      optimizer,
      layerDecay,
      precision,
      cacheFrozenLayers,
      storage,
    }),
    lora: { ...loraSettings(options), ...given({ layersToTransform }) },
  };
}

function show(event: Exclude<TuningEvent, { kind: 'precision' }>, progress: Progress): void {
  if (event.kind === 'step') {
    const loss = event.loss === null ? '' : `loss ${event.loss.toFixed(4)}`;
    progress.update('training', event.done, event.total, loss);
  } else if (event.kind === 'resume') progress.line(resumeText(event));
  else if (event.kind === 'profile') progress.line(profileText(event));
  else if (event.kind === 'repaired') progress.line('the run lacked only its manifest, which is written now');
  else if (event.kind === 'model') {
    const list = (names: readonly string[]) => (names.length === 0 ? 'none' : names.join(', '));
    progress.line(`new weights: ${list(event.newWeights)}`);
    progress.line(`unused tensors of the model: ${list(event.unusedTensors)}`);
    progress.line(trained(event));
  } else {
    const { epoch, trainLoss, validationLoss, validationAccuracy, validationMacroF1, seconds } = event;
    progress.line(
      `epoch ${epoch}: training loss ${trainLoss.toFixed(4)}, validation loss ${validationLoss.toFixed(4)}, ` +
        `accuracy ${validationAccuracy.toFixed(3)}, macro-F1 ${validationMacroF1.toFixed(3)}, ${seconds.toFixed(1)} s`,
    );
  }
}

const trained = ({
  trainableParameters,
  parameters,
}: Pick<TuningSummary, 'trainableParameters' | 'parameters'>): string =>
  `trainable parameters: ${trainableParameters.toLocaleString('en')} of ${parameters.toLocaleString('en')} ` +
  `(${percent(trainableParameters / parameters, 2)})`;

/** Says which classes no measured sentence has: they count as 0 in macro-F1. */
export const absentClasses = (classes: TuningSummary['classes']): string[] =>
  classes
    .filter(({ support }) => support === 0)
    .map(({ label }) => `no sentence is ${label}: its F1 of 0 is part of macro-F1`);

function summaryLines(summary: TuningSummary): string[] {
  const { saved, accuracy, macroF1, n, seed, epochs, bestEpoch, seconds, sentencesPerSecond } = summary;
  const speed = sentencesPerSecond === null ? '' : ` (${sentencesPerSecond.toFixed(1)} sentences/s)`;
  return [
    saved,
    `accuracy ${accuracy.toFixed(4)}, macro-F1 ${macroF1.toFixed(4)} over ${summary.classes.length} classes on ${n} test sentences (seed ${seed})`,
    ...absentClasses(summary.classes),
    `${epochs} epochs in ${seconds.toFixed(0)} s${speed}; kept epoch ${bestEpoch}`,
    '',
    ...textTable(
      ['', 'precision', 'recall', 'F1', 'sentences'],
      summary.classes.map(({ label, precision, recall, f1, support }) => [
        label,
        ...[precision, recall, f1].map((value) => value.toFixed(3)),
        String(support),
      ]),
    ),
    '',
    `next: ${finCommand('train', '--model', summary.run, '--data')} DIR`,
  ];
}
