import { resolve } from 'node:path';
import type { TrainEvent, TrainSummary } from '@fin/forecast';
import type { Command } from 'commander';
import { notePrecision, startBackend } from '../backend.js';
import type { ForecasterFlags } from '../forecaster-options.js';
import { addForecasterOptions, forecasterSettings } from '../forecaster-options.js';
import { finCommand } from '../io/escape.js';
import type { Progress } from '../io/progress.js';
import { createProgress } from '../io/progress.js';
import type { Terminal } from '../io/terminal.js';
import { noteMarket, openMarket } from '../market.js';
import type { MarketRunFlags, RecordFlags } from '../options.js';
import {
  addMarketRunOptions,
  addRecordOptions,
  backendOption,
  jsonOption,
  namedData,
  recordSettings,
  requireTrainingFolders,
  resumeFrom,
  runToResume,
} from '../options.js';
import {
  newRunFolder,
  newStart,
  profileText,
  RUNS,
  reportRepaired,
  resumable,
  resumedStart,
  resumeText,
} from '../runs.js';

type Options = ForecasterFlags & MarketRunFlags & RecordFlags;

export function addTrainCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('train')
    .description('trains a forecaster of text and prices, and writes a run folder');
  addRecordOptions(addForecasterOptions(addMarketRunOptions(command, RUNS)))
    .addOption(backendOption())
    .addOption(jsonOption())
    .action(async (options: Options) => {
      const runDir = options.resume ? runToResume(command, options.run) : (options.run ?? newRunFolder(RUNS));
      await requireTrainingFolders(runDir, options);
      const named = namedData(command, options.data);
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

async function train(
  options: Options & { readonly named: string | undefined },
  runDir: string,
  signal: AbortSignal,
  terminal: Terminal,
): Promise<TrainSummary | null> {
  const { named, overwrite, resume } = options;
  const { settings, source } = await forecasterSettings(options, { resume: resume !== undefined });
  const start = resume
    ? resumedStart('forecaster', runDir, { ...options, data: named })
    : newStart(options, named, source);
  const { data } = start;
  const market = await openMarket(start);
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
      ...recordSettings(options),
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
  else if (event.kind === 'profile') progress.line(profileText(event));
  else if (event.kind === 'repaired') progress.line('the run lacked only its manifest, which is written now');
  else {
    const { epoch, trainLoss, validationLoss, seconds } = event;
    progress.line(
      `epoch ${epoch}: training loss ${trainLoss.toFixed(4)}, validation loss ${validationLoss.toFixed(4)}, ${seconds.toFixed(1)} s`,
    );
  }
}
