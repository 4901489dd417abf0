import type {
  BacktestOptions,
  BacktestResult,
  PartResult,
  RunBacktestOptions,
  WalkParts,
} from '@fin/forecast';
import type { ProcessGroup } from '@fin/parallel';
import { readRunRecord, requireWritableFolder } from '@fin/run';
import type { BackendName } from '@fin/runtime';
import type { Command } from 'commander';
import { startBackend } from '../backend.js';
import type { ForecasterFlags } from '../forecaster-options.js';
import { addForecasterOptions, forecasterSettings } from '../forecaster-options.js';
import { hubSource } from '../hub-models.js';
import { finCommand } from '../io/escape.js';
import { createProgress } from '../io/progress.js';
import type { Terminal } from '../io/terminal.js';
import { textTable } from '../io/terminal.js';
import { marketOfFlags, marketSource, namedMarket, noteMarket, openMarket } from '../market.js';
import type { MarketRunFlags } from '../market-run-options.js';
import { addMarketRunOptions } from '../market-run-options.js';
import { backendOption, jsonOption, resumeFrom, runToResume } from '../options.js';
import { isFollower, withRanks } from '../ranks.js';
import { BACKTEST_RUNS, newRunFolder, newStart, reportRepaired, resumable, resumedStart } from '../runs.js';
import type { WalkFlags } from '../walk-options.js';
import { addWalkOptions, showWalk, walkSettings } from '../walk-options.js';

/** Options of every command that writes a walk-forward run. */
export type WalkCommandFlags = WalkFlags & ForecasterFlags & MarketRunFlags;

export function addBacktestCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('backtest')
    .description('walk-forward: trains anew on each fold, and compares all forecasts with baselines');
  addWalkCommandOptions(command).action(async (flags: WalkCommandFlags) => {
    const { backtest } = await import('@fin/forecast');
    const plan = { kind: 'backtest', work: backtest, settings: {}, lines: backtestLines } as const;
    await runWalk(plan, flags, command, terminal);
  });
}

/** Adds the options of data, run folder, walk-forward and forecaster. */
export function addWalkCommandOptions(command: Command): Command {
  addForecasterOptions(addWalkOptions(addMarketRunOptions(command, BACKTEST_RUNS)));
  return command.addOption(backendOption()).addOption(jsonOption());
}

/** `@fin/forecast`, which is loaded when a command needs it. */
export type ForecastPackage = typeof import('@fin/forecast');

/** Work of a command that writes a walk-forward run. */
interface WalkPlan<Result extends BacktestResult> {
  readonly kind: 'backtest' | 'sweep';
  /** Function of `@fin/forecast` that does it. */
  readonly work: (options: RunBacktestOptions) => Promise<Result | null>;
  /** Settings besides those of the options. */
  readonly settings: BacktestOptions;
  /** Parts that the run is made of. @default none */
  readonly parts?: WalkParts;
  /** The result for people. */
  readonly lines: (result: Result, forecast: ForecastPackage) => string[];
}

/** Runs a walk-forward evaluation, or a part of one, as a command, and prints its table. */
export async function runWalk<Result extends BacktestResult>(
  plan: WalkPlan<Result>,
  flags: WalkCommandFlags,
  command: Command,
  terminal: Terminal,
): Promise<void> {
  const { kind, work, settings, lines, parts } = plan;
  const runDir = flags.resume ? runToResume(command, flags.run) : (flags.run ?? newRunFolder(BACKTEST_RUNS));
  if (!isFollower()) await requireWritableFolder(runDir);
  const named = namedMarket(command, flags);
  const chosen = marketOfFlags(command, flags);
  const { backend = parts?.environment.backend as BackendName | undefined } = flags;
  const train = async (group: ProcessGroup, signal: AbortSignal): Promise<Result | PartResult | null> => {
    const resume = flags.resume !== undefined;
    const isPart = flags.part !== undefined || (resume && readRunRecord(runDir).kind === `${kind}-part`);
    const { settings: forecaster, source } = parts
      ? { settings: parts.settings.forecaster, source: parts.source }
      : await forecasterSettings(flags, { resume });
    const start = resume
      ? resumedStart(isPart ? `${kind}-part` : kind, runDir, { ...named, signal: chosen.signal, backend })
      : newStart({ ...chosen, backend }, named, source);
    const market = await openMarket(start);
    await startBackend(start.backend, terminal);
    noteMarket(market, terminal);
    const progress = createProgress(terminal);
    try {
      const options: RunBacktestOptions = {
        market,
        runDir,
        overwrite: flags.overwrite,
        resume: resumeFrom(flags.resume),
        settings: { ...walkSettings(flags), ...settings, forecaster },
        source: { ...marketSource(start, market), ...(await hubSource(forecaster.model)) },
        workers: flags.workers,
        parts,
        group,
        signal,
        onEvent: (event) => showWalk(event, progress, terminal),
      };
      if (!isPart) return await work(options);
      const { trainPart } = await import('@fin/forecast');
      return await trainPart({ ...options, of: kind, part: flags.part });
    } finally {
      progress.end();
    }
  };
  const result = await withRanks(terminal, (group) =>
    resumable(runDir, terminal, (signal) => train(group, signal)),
  );
  if (result === null) reportRepaired(runDir, flags.json, terminal);
  else if ('part' in result) terminal.result(flags.json, result, partLines);
  else {
    const forecast = await import('@fin/forecast');
    terminal.result(flags.json, result, (value) => lines(value, forecast));
  }
}

const partLines = ({ run, part: { index, count }, trainings, seconds }: PartResult): string[] => [
  run,
  `part ${index} of ${count}: ${trainings} ${trainings === 1 ? 'training' : 'trainings'} in ${seconds.toFixed(0)} s`,
  `next, when all parts are finished: ${finCommand('merge')} PARTS, their folders`,
];

/** The tables of a walk-forward evaluation. */
export function backtestLines(
  { run, first, last, rows, comparisons }: BacktestResult,
  { backtestRowsTable, comparisonsTable, TABLE_LEGEND }: ForecastPackage,
): string[] {
  const [summary, tests] = [backtestRowsTable(rows), comparisonsTable(comparisons)];
  return [
    `Test days ${first} … ${last}`,
    '',
    ...textTable(summary.header, summary.rows),
    '',
    ...textTable(tests.header, tests.rows),
    '',
    ...TABLE_LEGEND,
    ...rows.flatMap((row) => row.notes.map((note) => `${row.model}: ${note}`)),
    '',
    run,
  ];
}
