import { resolve } from 'node:path';
import type { Precision } from '@fin/amp';
import type { TuningEvent, TuningOptions, TuningSummary } from '@fin/forecast';
import type { BackendName } from '@fin/runtime';
import type { Command } from 'commander';
import { Option } from 'commander';
import { given } from '../given.js';
import type { Io } from '../io/io.js';
import { printResult } from '../io/print-result.js';
import type { Progress } from '../io/progress.js';
import { createProgress } from '../io/progress.js';
import { textTable } from '../io/table.js';
import { loadBackend } from '../load-backend.js';
import { notePrecision } from '../note-precision.js';
import { resumable } from '../resumable.js';
import { newTuningFolder } from '../run-choice.js';
import { refuseUnfinished } from '../unfinished-run.js';
import type { Resume } from './options.js';
import {
  backendOption,
  jsonOption,
  numberFrom,
  precisionOption,
  resumeFrom,
  resumeOption,
  runToResume,
  wholeNumber,
} from './options.js';
import { resumeText } from './resume-text.js';

interface Options {
  readonly data?: string;
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
  readonly layerDecay?: number;
  readonly gradualUnfreezing?: true;
  readonly classWeights: boolean;
  readonly r?: number;
  readonly loraAlpha?: number;
  readonly loraDropout?: number;
  readonly targetModules?: string[];
  readonly precision?: Precision;
  readonly backend?: BackendName;
  readonly json: boolean;
}

export function addFinetuneCommand(program: Command, io: Io): void {
  program
    .command('finetune')
    .description('fine-tunes a BERT for sentiment on Financial PhraseBank and writes a run folder')
    .option('--data <file>', 'sentences, as Sentences_50Agree.txt of Financial PhraseBank')
    .option('--model <dir>', 'folder of the model to start from; a bare encoder gets a fresh head')
    .option('--run <dir>', 'run folder to write (default: runs/sentiment/ and the time of day)')
    .option('--overwrite', 'replace a run folder that is there already', false)
    .addOption(resumeOption())
    .addOption(
      new Option('--method <name>', 'train small matrices beside frozen weights, or all weights')
        .choices(['lora', 'full'])
        .default(undefined, 'lora'),
    )
    .addOption(
      new Option('--seed <n>', 'seed of the fresh head, the order of the sentences and dropout')
        .argParser(wholeNumber(0))
        .default(undefined, '1'),
    )
    .option('--split-seed <n>', 'seed of the split (default: --seed)', wholeNumber(0))
    .option('--epochs <n>', 'passes over the training sentences at most', wholeNumber(1))
    .option('--batch-size <n>', 'sentences per update', wholeNumber(1))
    .option('--learning-rate <rate>', 'peak learning rate', numberFrom(0))
    .option('--layer-decay <factor>', 'each layer learns slower than the one above by this', numberFrom(1))
    .option('--gradual-unfreezing', 'the head alone first, then layer by layer from the top')
    .option('--no-class-weights', 'let every sentence count the same, however rare its class')
    .option('--r <rank>', 'rank of the adapters', wholeNumber(1))
    .option('--lora-alpha <x>', 'the adapters are scaled by this over the rank', numberFrom(0))
    .option('--lora-dropout <share>', 'dropout before the adapters', numberFrom(0))
    .option('--target-modules <names...>', 'layers that get an adapter, or all-linear')
    .addOption(precisionOption())
    .addOption(backendOption())
    .addOption(jsonOption())
    .action(async (options: Options, command: Command) => {
      const runDir = options.resume ? runToResume(command, options.run) : (options.run ?? newTuningFolder());
      const begin = async () =>
        options.resume ? beginningOf(runDir, options) : { ...options, ...startOf(options, command) };
      const summary = await resumable(runDir, io, async (signal) =>
        finetune(await begin(), runDir, signal, io),
      );
      if (summary) printResult(io, options.json, summary, summaryText);
    });
}

/** Where a run starts from. */
interface Start {
  readonly data: string;
  readonly model: string;
}

/** The options of a run that goes on: data, model and backend are what they were, unless they are named. */
async function beginningOf(runDir: string, options: Options): Promise<Options & Start> {
  const { readUnfinishedRun } = await import('@fin/forecast');
  const { source, environment } = await readUnfinishedRun(runDir, 'sentiment-tuning');
  return {
    ...options,
    data: options.data ?? String(source.data),
    model: options.model ?? String(source.model),
    backend: options.backend ?? (environment.backend as BackendName),
  };
}

/** What only a run that goes on may leave out. */
function startOf({ data, model }: Options, command: Command): Start {
  const missing = (flags: string) => command.error(`error: required option '${flags}' not specified`);
  return { data: data ?? missing('--data <file>'), model: model ?? missing('--model <dir>') };
}

async function finetune(
  options: Options & Start,
  runDir: string,
  signal: AbortSignal,
  io: Io,
): Promise<TuningSummary | null> {
  const { data, model, overwrite, backend, resume } = options;
  refuseUnfinished(model);
  const { loadPhraseBank } = await import('@fin/data');
  const bank = await loadPhraseBank(data);
  const { modelOfRun, tuneSentiment } = await import('@fin/forecast');
  await loadBackend(backend, io);
  const progress = createProgress(io);
  try {
    return await tuneSentiment({
      bank,
      modelDir: modelOfRun(model),
      runDir,
      overwrite,
      resume: resumeFrom(resume),
      settings: settingsOf(options),
      source: { data: resolve(data) },
      signal,
      onEvent: (event) => (event.kind === 'precision' ? notePrecision(event, io) : tell(event, progress)),
    });
  } finally {
    progress.end();
  }
}

/** What was given; what was not is left to the recipe. */
function settingsOf(options: Options): TuningOptions {
  const { method, seed, gradualUnfreezing, targetModules: targets } = options;
  const { splitSeed, epochs, batchSize, learningRate, layerDecay, precision } = options;
  const { r, loraAlpha, loraDropout } = options;
  const targetModules = targets?.[0] === 'all-linear' ? 'all-linear' : targets;
  const classWeights = options.classWeights ? undefined : false; // true unless it is switched off
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
      layerDecay,
      precision,
    }),
    lora: given({ r, loraAlpha, loraDropout, targetModules }),
  };
}

function tell(event: Exclude<TuningEvent, { kind: 'precision' }>, progress: Progress): void {
  if (event.kind === 'step') {
    const loss = event.loss === null ? '' : `loss ${event.loss.toFixed(4)}`;
    progress.update('training', event.done, event.total, loss);
  } else if (event.kind === 'resume') progress.line(resumeText(event));
  else if (event.kind === 'model') {
    const list = (names: readonly string[]) => (names.length === 0 ? 'none' : names.join(', '));
    progress.line(`new weights: ${list(event.newWeights)}`);
    progress.line(`not used of the model: ${list(event.unusedTensors)}`);
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
  `${trainableParameters.toLocaleString('en')} of ${parameters.toLocaleString('en')} parameters are trained ` +
  `(${((100 * trainableParameters) / parameters).toFixed(2)} %)`;

function summaryText(summary: TuningSummary): string {
  const { saved, accuracy, macroF1, n, seed, epochs, bestEpoch, seconds, sentencesPerSecond } = summary;
  const speed = sentencesPerSecond === null ? '' : ` (${sentencesPerSecond.toFixed(1)} sentences/s)`;
  return [
    saved,
    `accuracy ${accuracy.toFixed(4)}, macro-F1 ${macroF1.toFixed(4)} on ${n} test sentences (seed ${seed})`,
    `${epochs} epochs in ${seconds.toFixed(0)} s${speed}; kept epoch ${bestEpoch}`,
    '',
    textTable(
      ['', 'precision', 'recall', 'F1', 'sentences'],
      summary.classes.map(({ label, precision, recall, f1, support }) => [
        label,
        ...[precision, recall, f1].map((value) => value.toFixed(3)),
        String(support),
      ]),
    ),
    '',
    `next: fin train --data DIR --model ${summary.run}`,
  ].join('\n');
}
