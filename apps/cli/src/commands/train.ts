import { resolve } from 'node:path';
import type { Precision } from '@fin/amp';
import type { TrainEvent, TrainSummary } from '@fin/forecast';
import { requireWritableFolder } from '@fin/run';
import type { BackendName } from '@fin/runtime';
import type { Command } from 'commander';
import { notePrecision, startBackend } from '../backend.js';
import { finCommand } from '../io/escape.js';
import type { Progress } from '../io/progress.js';
import { createProgress } from '../io/progress.js';
import type { Terminal } from '../io/terminal.js';
import { noteMarket, openMarket } from '../market.js';
import type { Resume } from '../options.js';
import {
  backendOption,
  dataOption,
  given,
  jsonOption,
  newRunOption,
  numbers,
  option,
  overwriteOption,
  path,
  precisionOption,
  resumeFrom,
  resumeOption,
  runToResume,
} from '../options.js';
import {
  chooseModel,
  marketOfSource,
  newRunFolder,
  RUNS,
  reportRepaired,
  resumable,
  resumeText,
} from '../runs.js';

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

export function addTrainCommand(program: Command, terminal: Terminal): void {
  program
    .command('train')
    .description('trains the model of text and prices, and writes a run folder')
    .addOption(dataOption())
    .addOption(
      option('--signal <x>', "log return that the synthetic market's good headlines add to the next day", {
        parse: numbers.signal,
        byDefault: '0.01',
      }),
    )
    .addOption(newRunOption(RUNS))
    .addOption(overwriteOption())
    .addOption(resumeOption())
    .addOption(option('--seed <n>', 'seed of all random numbers', { parse: numbers.seed, byDefault: '1' }))
    .addOption(
      option('--epochs <n>', 'maximum number of passes over the training days', {
        parse: numbers.epochs,
        byDefault: '10',
      }),
    )
    .addOption(
      option(
        '--model <dir>',
        'sentiment model to score the headlines with, such as a run of `fin finetune`',
        {
          parse: path,
          byDefault: 'a small BERT that is trained along',
        },
      ),
    )
    .addOption(
      option('--aggregate <how>', "with --model: how to combine the scores of a day's headlines", {
        choices: ['mean', 'rank', 'attention'],
        byDefault: 'mean',
      }),
    )
    .addOption(precisionOption())
    .addOption(backendOption())
    .addOption(jsonOption())
    .action(async (options: Options, command: Command) => {
      const runDir = options.resume ? runToResume(command, options.run) : (options.run ?? newRunFolder(RUNS));
      await requireWritableFolder(runDir);
      const named = {
        ...options,
        data: command.getOptionValueSource('data') === 'cli' ? options.data : undefined,
      };
      const start = async () => (options.resume ? resumedOptions(runDir, named) : options);
      const summary = await resumable(runDir, terminal, async (signal) =>
        train(await start(), runDir, signal, terminal),
      );
      if (summary) terminal.result(options.json, summary, summaryLines);
      else reportRepaired(runDir, options.json, terminal);
    });
}

const summaryLines = ({
  run,
  parameters,
  epochs,
  bestEpoch,
  validationLoss,
  seconds,
}: TrainSummary): string[] => [
  run,
  `${parameters.toLocaleString('en')} parameters, ${epochs} epochs in ${seconds.toFixed(0)} s; ` +
    `kept epoch ${bestEpoch} with validation loss ${validationLoss.toFixed(4)}`,
  `next: ${finCommand('evaluate', '--run', run)}`,
];

/** The options of a resumed run: its own data and backend, unless the command line names others. */
async function resumedOptions(runDir: string, options: Options): Promise<Options> {
  const { readUnfinishedRun } = await import('@fin/run');
  const { environment, source } = readUnfinishedRun(runDir, 'forecaster');
  const market = { ...marketOfSource(source), ...given({ data: options.data, signal: options.signal }) };
  return { ...options, ...market, backend: options.backend ?? (environment.backend as BackendName) };
}

async function train(
  options: Options,
  runDir: string,
  signal: AbortSignal,
  terminal: Terminal,
): Promise<TrainSummary | null> {
  const { data, seed, epochs, model, aggregate, precision, backend, overwrite, resume } = options;
  if (model !== undefined) await chooseModel(model);
  const market = await openMarket({ data, signal: options.signal });
  const { trainForecaster } = await import('@fin/forecast');
  await startBackend(backend, terminal);
  noteMarket(market, terminal);
  const progress = createProgress(terminal);
  try {
    return await trainForecaster({
      market,
      runDir,
      overwrite,
      resume: resumeFrom(resume),
      settings: given({
        seed,
        epochs,
        model: model === undefined ? undefined : resolve(model),
        aggregate,
        precision,
      }),
      source: { data: data === undefined ? null : resolve(data), signal: market.signal ?? null },
      signal,
      onEvent: (event) =>
        event.kind === 'precision' ? notePrecision(event, terminal) : show(event, progress),
    });
  } finally {
    progress.end();
  }
}

function show(event: Exclude<TrainEvent, { kind: 'precision' }>, progress: Progress): void {
  if (event.kind === 'step') {
    const loss = event.loss === null ? '' : `loss ${event.loss.toFixed(4)}`;
    const phase = event.phase === 'scoring' ? 'scoring tokens' : event.phase;
    progress.update(phase, event.done, event.total, loss);
  } else if (event.kind === 'resume') progress.line(resumeText(event));
  else if (event.kind === 'repaired') progress.line('the run lacked only its manifest, which is written now');
  else {
    const { epoch, trainLoss, validationLoss, seconds } = event;
    progress.line(
      `epoch ${epoch}: training loss ${trainLoss.toFixed(4)}, validation loss ${validationLoss.toFixed(4)}, ${seconds.toFixed(1)} s`,
    );
  }
}
