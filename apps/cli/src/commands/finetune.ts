import { resolve } from 'node:path';
import type { Precision } from '@fin/amp';
import type { TuningEvent, TuningOptions, TuningSummary } from '@fin/forecast';
import type { BackendName } from '@fin/runtime';
import type { Command } from 'commander';
import { Option } from 'commander';
import { interruptible } from '../io/interruption.js';
import type { Io } from '../io/io.js';
import { printResult } from '../io/print-result.js';
import type { Progress } from '../io/progress.js';
import { createProgress } from '../io/progress.js';
import { textTable } from '../io/table.js';
import { loadBackend } from '../load-backend.js';
import { notePrecision } from '../note-precision.js';
import { newTuningFolder } from '../run-choice.js';
import { backendOption, jsonOption, numberFrom, precisionOption, wholeNumber } from './options.js';

interface Options {
  readonly data: string;
  readonly model: string;
  readonly run?: string;
  readonly overwrite: boolean;
  readonly method: 'lora' | 'full';
  readonly seed: number;
  readonly splitSeed?: number;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly layerDecay?: number;
  readonly gradualUnfreezing: boolean;
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
    .requiredOption('--data <file>', 'sentences, as Sentences_50Agree.txt of Financial PhraseBank')
    .requiredOption('--model <dir>', 'folder of the model to start from; a bare encoder gets a fresh head')
    .option('--run <dir>', 'run folder to write (default: runs/sentiment/ and the time of day)')
    .option('--overwrite', 'replace a run folder that is there already', false)
    .addOption(
      new Option('--method <name>', 'train small matrices beside frozen weights, or all weights')
        .choices(['lora', 'full'])
        .default('lora'),
    )
    .option('--seed <n>', 'seed of the fresh head, the order of the sentences and dropout', wholeNumber(0), 1)
    .option('--split-seed <n>', 'seed of the split (default: --seed)', wholeNumber(0))
    .option('--epochs <n>', 'passes over the training sentences at most', wholeNumber(1))
    .option('--batch-size <n>', 'sentences per update', wholeNumber(1))
    .option('--learning-rate <rate>', 'peak learning rate', numberFrom(0))
    .option('--layer-decay <factor>', 'each layer learns slower than the one above by this', numberFrom(1))
    .option('--gradual-unfreezing', 'the head alone first, then layer by layer from the top', false)
    .option('--no-class-weights', 'let every sentence count the same, however rare its class')
    .option('--r <rank>', 'rank of the adapters', wholeNumber(1))
    .option('--lora-alpha <x>', 'the adapters are scaled by this over the rank', numberFrom(0))
    .option('--lora-dropout <share>', 'dropout before the adapters', numberFrom(0))
    .option('--target-modules <names...>', 'layers that get an adapter, or all-linear')
    .addOption(precisionOption())
    .addOption(backendOption())
    .addOption(jsonOption())
    .action(async (options: Options) => {
      const runDir = options.run ?? newTuningFolder();
      const summary = await interruptible('; no run was written', (signal) =>
        finetune(options, runDir, signal, io),
      );
      if (summary) printResult(io, options.json, summary, summaryText);
    });
}

async function finetune(
  options: Options,
  runDir: string,
  signal: AbortSignal,
  io: Io,
): Promise<TuningSummary | null> {
  const { data, model, overwrite, backend } = options;
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
  const { method, seed, gradualUnfreezing, classWeights, targetModules: targets } = options;
  const { splitSeed, epochs, batchSize, learningRate, layerDecay, precision } = options;
  const { r, loraAlpha, loraDropout } = options;
  const targetModules = targets?.[0] === 'all-linear' ? 'all-linear' : targets;
  return {
    method,
    seed,
    gradualUnfreezing,
    classWeights,
    ...given({ splitSeed, epochs, batchSize, learningRate, layerDecay, precision }),
    lora: given({ r, loraAlpha, loraDropout, targetModules }),
  };
}

function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function tell(event: Exclude<TuningEvent, { kind: 'precision' }>, progress: Progress): void {
  if (event.kind === 'step') {
    const loss = event.loss === null ? '' : `loss ${event.loss.toFixed(4)}`;
    progress.update('training', event.done, event.total, loss);
  } else if (event.kind === 'model') {
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
  return [
    saved,
    `accuracy ${accuracy.toFixed(4)}, macro-F1 ${macroF1.toFixed(4)} on ${n} test sentences (seed ${seed})`,
    `${epochs} epochs in ${seconds.toFixed(0)} s (${sentencesPerSecond.toFixed(1)} sentences/s); kept epoch ${bestEpoch}`,
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
