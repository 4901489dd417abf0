import { resolve } from 'node:path';
import type { TrainEvent, TrainSummary } from '@fin/forecast';
import type { RunSource } from '@fin/run';
import { requireWritableFolder } from '@fin/run';
import type { BackendName } from '@fin/runtime';
import type { Command } from 'commander';
import { notePrecision, startBackend } from '../backend.js';
import type { ForecasterFlags } from '../forecaster-options.js';
import { addForecasterOptions, forecasterSettings } from '../forecaster-options.js';
import { finCommand } from '../io/escape.js';
import type { Progress } from '../io/progress.js';
import { createProgress } from '../io/progress.js';
import type { Terminal } from '../io/terminal.js';
import type { MarketChoice } from '../market.js';
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
  resumeFrom,
  resumeOption,
  runToResume,
} from '../options.js';
import { marketOfSource, newRunFolder, RUNS, reportRepaired, resumable, resumeText } from '../runs.js';

interface Options extends ForecasterFlags {
  readonly data?: string;
  readonly signal?: number;
  readonly run?: string;
  readonly overwrite: boolean;
  readonly resume?: Resume;
  readonly backend?: BackendName;
  readonly json: boolean;
}

export function addTrainCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('train')
    .description('trains a forecaster of text and prices, and writes a run folder')
    .addOption(dataOption())
    .addOption(
      option('--signal <x>', "log return that the synthetic market's good headlines add to the next day", {
        parse: numbers.signal,
        byDefault: '0.01',
      }),
    )
    .addOption(newRunOption(RUNS))
    .addOption(overwriteOption())
    .addOption(resumeOption());
  addForecasterOptions(command)
    .addOption(backendOption())
    .addOption(jsonOption())
    .action(async (options: Options) => {
      const runDir = options.resume ? runToResume(command, options.run) : (options.run ?? newRunFolder(RUNS));
      await requireWritableFolder(runDir);
      const named = command.getOptionValueSource('data') === 'cli' ? options.data : undefined;
      const summary = await resumable(runDir, terminal, async (signal) =>
        train({ ...options, named }, runDir, signal, terminal),
      );
      if (summary) terminal.result(options.json, summary, summaryLines);
      else reportRepaired(runDir, options.json, terminal);
    });
}

const summaryLines = ({
  run,
  trainableParameters,
  parameters,
  epochs,
  bestEpoch,
  validationLoss,
  seconds,
}: TrainSummary): string[] => [
  run,
  `${trained(trainableParameters, parameters)}, ${epochs} epochs in ${seconds.toFixed(0)} s; ` +
    `kept epoch ${bestEpoch} with validation loss ${validationLoss.toFixed(4)}`,
  `next: ${finCommand('evaluate', '--run', run)}`,
];

const trained = (trainable: number, all: number): string =>
  trainable === all
    ? `${all.toLocaleString('en')} parameters`
    : `${trainable.toLocaleString('en')} of ${all.toLocaleString('en')} parameters trained`;

/** Data and backend of a run. */
interface Start {
  readonly market: MarketChoice;
  readonly backend: BackendName | undefined;
}

/** @param named the folder that `--data` names, as opposed to the environment */
function startOf(options: Options, named: string | undefined, source: RunSource | null): Start {
  const { data, signal, backend } = options;
  if (source === null) return { market: { data, signal }, backend };
  return { market: { ...marketOfSource(source), ...given({ data: named, signal }) }, backend };
}

/** Data and backend of a resumed run: its own, unless the command line names others. */
async function resumedStart(runDir: string, options: Options, named: string | undefined): Promise<Start> {
  const { readUnfinishedRun } = await import('@fin/run');
  const { environment, source } = readUnfinishedRun(runDir, 'forecaster');
  const { market, backend } = startOf(options, named, source);
  return { market, backend: backend ?? (environment.backend as BackendName) };
}

async function train(
  options: Options & { readonly named: string | undefined },
  runDir: string,
  signal: AbortSignal,
  terminal: Terminal,
): Promise<TrainSummary | null> {
  const { named, overwrite, resume } = options;
  const { settings, source } = await forecasterSettings(options, { resume: resume !== undefined });
  const start = resume ? await resumedStart(runDir, options, named) : startOf(options, named, source);
  const { data } = start.market;
  const market = await openMarket(start.market);
  const { trainForecaster } = await import('@fin/forecast');
  await startBackend(start.backend, terminal);
  noteMarket(market, terminal);
  const progress = createProgress(terminal);
  try {
    return await trainForecaster({
      market,
      runDir,
      overwrite,
      resume: resumeFrom(resume),
      settings,
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
