import { resolve } from 'node:path';
import type { Precision } from '@fin/amp';
import type { TrainSummary } from '@fin/forecast';
import type { BackendName } from '@fin/runtime';
import type { Command } from 'commander';
import { Option } from 'commander';
import { given } from '../given.js';
import type { Io } from '../io/io.js';
import { printResult } from '../io/print-result.js';
import { createProgress } from '../io/progress.js';
import { loadBackend } from '../load-backend.js';
import { marketOfRun } from '../market-of-run.js';
import { notePrecision } from '../note-precision.js';
import { noteMadeUp, openMarket } from '../open-market.js';
import { resumable } from '../resumable.js';
import { newRunFolder } from '../run-choice.js';
import { refuseUnfinished } from '../unfinished-run.js';
import type { Resume } from './options.js';
import {
  backendOption,
  dataOption,
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
  readonly signal?: number;
  readonly run?: string;
  readonly overwrite: boolean;
  readonly resume?: Resume;
  readonly seed?: number;
  readonly epochs?: number;
  readonly model?: string;
  readonly aggregate?: 'mean' | 'rank' | 'attention';
  readonly precision?: Precision;
  readonly backend?: BackendName;
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
    .addOption(resumeOption())
    .addOption(
      new Option('--seed <n>', 'seed of every random stream')
        .argParser(wholeNumber(0))
        .default(undefined, '1'),
    )
    .option('--epochs <n>', 'passes over the training days at most', wholeNumber(1))
    .option(
      '--model <dir>',
      'score the headlines with this sentiment model, as `fin finetune` makes it, in place of a small BERT trained along',
    )
    .addOption(
      new Option('--aggregate <how>', "how a day's scores become one, with --model")
        .choices(['mean', 'rank', 'attention'])
        .default(undefined, 'mean'),
    )
    .addOption(precisionOption())
    .addOption(backendOption())
    .addOption(jsonOption())
    .action(async (options: Options, command: Command) => {
      const runDir = options.resume ? runToResume(command, options.run) : (options.run ?? newRunFolder());
      const named = {
        ...options,
        data: command.getOptionValueSource('data') === 'cli' ? options.data : undefined,
      };
      const begin = async () => (options.resume ? beginningOf(runDir, named) : options);
      const summary = await resumable(runDir, io, async (signal) => train(await begin(), runDir, signal, io));
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

/** The options of a run that goes on: those of its data and backend are what they were, unless they are named. */
async function beginningOf(runDir: string, options: Options): Promise<Options> {
  const { readUnfinishedRun } = await import('@fin/forecast');
  const { environment } = await readUnfinishedRun(runDir, 'forecaster');
  const market = { ...(await marketOfRun(runDir)), ...given({ data: options.data, signal: options.signal }) };
  return { ...options, ...market, backend: options.backend ?? (environment.backend as BackendName) };
}

async function train(
  options: Options,
  runDir: string,
  signal: AbortSignal,
  io: Io,
): Promise<TrainSummary | null> {
  const { data, seed, epochs, model, aggregate, precision, backend, overwrite, resume } = options;
  if (model !== undefined) refuseUnfinished(model);
  const market = await openMarket({ data, signal: options.signal });
  const { trainForecaster } = await import('@fin/forecast');
  await loadBackend(backend, io);
  noteMadeUp(market, io);
  const progress = createProgress(io);
  try {
    return await trainForecaster({
      market,
      runDir,
      overwrite,
      resume: resumeFrom(resume),
      settings: given({
        seed,
        epochs,
        sentimentModel: model === undefined ? undefined : resolve(model),
        aggregate,
        precision,
      }),
      source: { data: data === undefined ? null : resolve(data), signal: market.signal ?? null },
      signal,
      onEvent(event) {
        if (event.kind === 'precision') notePrecision(event, io);
        else if (event.kind === 'step') {
          const loss = event.loss === null ? '' : `loss ${event.loss.toFixed(4)}`;
          const phase = event.phase === 'scoring' ? 'scoring tokens' : event.phase;
          progress.update(phase, event.done, event.total, loss);
        } else if (event.kind === 'resume') progress.line(resumeText(event));
        else {
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
