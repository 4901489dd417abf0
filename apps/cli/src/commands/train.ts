import type { TrainEvent, TrainSummary } from '@fin/forecast';
import type { ProcessGroup } from '@fin/parallel';
import type { Command } from 'commander';
import { notePrecision, startBackend } from '../backend.js';
import type { ForecasterFlags } from '../forecaster-options.js';
import { addForecasterOptions, forecasterSettings } from '../forecaster-options.js';
import { hubSource } from '../hub-models.js';
import { finCommand } from '../io/escape.js';
import type { Progress } from '../io/progress.js';
import { createProgress } from '../io/progress.js';
import type { Terminal } from '../io/terminal.js';
import type { MarketChoice, MarketFlags } from '../market.js';
import { marketOfFlags, marketSource, namedMarket, noteMarket, openMarket } from '../market.js';
import type { MarketRunFlags } from '../market-run-options.js';
import { addMarketRunOptions } from '../market-run-options.js';
import type { RecordFlags } from '../options.js';
import {
  addRecordOptions,
  backendOption,
  jsonOption,
  recordSettings,
  requireTrainingFolders,
  resumeFrom,
  runToResume,
} from '../options.js';
import { withRanks } from '../ranks.js';
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
      const named = namedMarket(command, options);
      const chosen = marketOfFlags(command, options);
      const summary = await withRanks(terminal, (group) =>
        resumable(runDir, terminal, (signal) =>
          train({ ...options, named, chosen }, runDir, signal, group, terminal),
        ),
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
  options: Options & { readonly named: MarketFlags; readonly chosen: MarketChoice },
  runDir: string,
  signal: AbortSignal,
  group: ProcessGroup,
  terminal: Terminal,
): Promise<TrainSummary | null> {
  const { named, chosen, overwrite, resume, backend } = options;
  const { settings, source } = await forecasterSettings(options, { resume: resume !== undefined });
  const start = resume
    ? resumedStart('forecaster', runDir, { ...named, signal: chosen.signal, backend })
    : newStart({ ...chosen, backend }, named, source);
  const market = await openMarket(start);
  const { trainForecaster } = await import('@fin/forecast');
  await startBackend(start.backend, terminal, group);
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
      source: { ...marketSource(start, market), ...(await hubSource(settings.model)) },
      signal,
      group,
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
  } else if (event.kind === 'split') progress.line(splitText(event.parts));
  else if (event.kind === 'resume') progress.line(resumeText(event));
  else if (event.kind === 'profile') progress.line(profileText(event));
  else if (event.kind === 'repaired') progress.line('the run lacked only its manifest, which is written now');
  else {
    const { epoch, trainLoss, validationLoss, seconds } = event;
    progress.line(
      `epoch ${epoch}: training loss ${trainLoss.toFixed(4)}, validation loss ${validationLoss.toFixed(4)}, ${seconds.toFixed(1)} s`,
    );
  }
}

type Parts = Extract<TrainEvent, { kind: 'split' }>['parts'];

/** "days by target: training 34 (2008-08-29 … 2008-10-16), validation …" */
const splitText = ({ train, validation, test }: Parts): string =>
  `days by target: ${Object.entries({ training: train, validation, test })
    .map(([name, { n, first, last }]) => `${name} ${n} (${first} … ${last})`)
    .join(', ')}`;
