import { resolve } from 'node:path';
import type { TrainSummary } from '@fin/forecast';
import type { Command } from 'commander';
import { interruptible } from '../io/interruption.js';
import type { Io } from '../io/io.js';
import { printResult } from '../io/print-result.js';
import { createProgress } from '../io/progress.js';
import { openMarket } from '../open-market.js';
import { newRunFolder } from '../run-choice.js';
import { backendOption, dataOption, jsonOption, numberFrom, wholeNumber } from './options.js';

interface Options {
  readonly data?: string;
  readonly signal?: number;
  readonly run?: string;
  readonly overwrite: boolean;
  readonly seed: number;
  readonly epochs?: number;
  readonly backend?: 'tensorflow' | 'wasm' | 'cpu';
  readonly json: boolean;
}

export function addTrainCommand(program: Command, io: Io): void {
  program
    .command('train')
    .description('trains the text + price model and writes a run folder')
    .addOption(dataOption())
    .option('--signal <share>', "the synthetic market's signal, 0 for none", numberFrom(0))
    .option('--run <dir>', 'run folder to write (default: runs/ and the time of day)')
    .option('--overwrite', 'replace a run folder that is there already', false)
    .option('--seed <n>', 'seed of every random stream', wholeNumber(0), 1)
    .option('--epochs <n>', 'passes over the training days at most', wholeNumber(1))
    .addOption(backendOption())
    .addOption(jsonOption())
    .action(async (options: Options) => {
      const runDir = options.run ?? newRunFolder();
      const summary = await interruptible('; no run was written', (signal) =>
        train(options, runDir, signal, io),
      );
      if (summary) printResult(io, options.json, summary, summaryText);
    });
}

const summaryText = ({ run, parameters, epochs, bestEpoch, validationLoss, seconds }: TrainSummary): string =>
  [
    run,
    `${parameters.toLocaleString('en')} parameters, ${epochs} epochs in ${seconds.toFixed(0)} s; ` +
      `kept epoch ${bestEpoch} with validation loss ${validationLoss.toFixed(4)}`,
    `next: fin evaluate --run ${run}`,
  ].join('\n');

async function train(
  options: Options,
  runDir: string,
  signal: AbortSignal,
  io: Io,
): Promise<TrainSummary | null> {
  const { data, seed, epochs, backend, overwrite } = options;
  const market = await openMarket({ data, signal: options.signal });
  const { loadTensorFlow } = await import('@fin/runtime');
  const { trainForecaster } = await import('@fin/forecast');
  const loaded = await loadTensorFlow({ backend });
  for (const note of loaded.notes) io.stderr.write(`note: ${note}\n`);
  if (market.synthetic)
    io.stderr.write(`note: ${market.name} is a made-up market; its figures say nothing about real ones\n`);
  const progress = createProgress(io);
  try {
    return await trainForecaster({
      market,
      runDir,
      overwrite,
      settings: { seed, ...(epochs === undefined ? {} : { epochs }) },
      source: { data: data === undefined ? null : resolve(data), signal: market.signal ?? null },
      signal,
      onEvent(event) {
        if (event.kind === 'step') {
          const loss = event.loss === null ? '' : `loss ${event.loss.toFixed(4)}`;
          progress.update(event.phase, event.done, event.total, loss);
        } else {
          const { epoch, trainLoss, validationLoss, seconds } = event;
          progress.line(
            `epoch ${epoch}: training loss ${trainLoss.toFixed(4)}, validation loss ${validationLoss.toFixed(4)}, ${seconds.toFixed(1)} s`,
          );
        }
      },
    });
  } finally {
    progress.end();
  }
}
