import { writeFileAtomically } from '@fin/files';
import type { Evaluation, LeadLag } from '@fin/forecast';
import { requireFreeOutput } from '@fin/run';
import type { BackendName } from '@fin/runtime';
import type { Command } from 'commander';
import { startBackend } from '../backend.js';
import { interruptible } from '../io/interruption.js';
import { createProgress } from '../io/progress.js';
import type { Terminal } from '../io/terminal.js';
import { percent, textTable } from '../io/terminal.js';
import type { MarketFlags } from '../market.js';
import { addFileOptions, headlineFilesOption, marketOfFlags, noteMarket, openMarket } from '../market.js';
import { backendOption, jsonOption, option, path, runOption } from '../options.js';
import { chooseRun } from '../runs.js';

interface Options extends MarketFlags {
  readonly run?: string;
  readonly from?: string;
  readonly to?: string;
  readonly out?: string;
  readonly backend?: BackendName;
  readonly json: boolean;
}

export function addEvaluateCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('evaluate')
    .description("compares a run's test forecasts with persistence and other baselines")
    .addOption(runOption())
    .addOption(
      option('--data <dir>', 'evaluate on the market in this folder, without fitting anything to it', {
        parse: path,
      }).conflicts(['prices', 'headlines']),
    )
    .addOption(
      option('--prices <file>', 'evaluate on these daily prices, of any market', {
        parse: path,
      }),
    )
    .addOption(headlineFilesOption('with --prices none, so that every day is neutral'));
  addFileOptions(command)
    .addOption(
      option('--from <date>', 'with --data or --prices: first day to measure', { byDefault: 'the first' }),
    )
    .addOption(
      option('--to <date>', 'with --data or --prices: last day to measure', { byDefault: 'the last' }),
    )
    .addOption(
      option('--out <file>', 'with --data or --prices: JSON file to write; nothing is added to the run', {
        parse: path,
      }),
    )
    .addOption(backendOption())
    .addOption(jsonOption())
    .action(async (options: Options) => {
      const { json } = options;
      const print = (evaluation: Evaluation): void => {
        if (json) terminal.result(true, evaluation.rows, () => []);
        else terminal.result(false, evaluation, evaluationLines);
      };
      if (options.data !== undefined || options.prices !== undefined) {
        print(await evaluateOtherData({ ...options, ...marketOfFlags(command, options) }, terminal));
        return;
      }
      const alone = (['headlines', 'from', 'to', 'out'] as const).find((name) => options[name] !== undefined);
      if (alone) command.error(`error: --${alone} needs --data or --prices`);
      const runDir = await chooseRun(options.run);
      const { evaluateRun } = await import('@fin/forecast');
      await evaluateRun(runDir, {
        onResult: print,
        onNote: (note) => terminal.line(`note: ${note}`),
      });
    });
}

/** Evaluates a run on other data than its own. */
async function evaluateOtherData(options: Options, terminal: Terminal): Promise<Evaluation> {
  const { run, data, prices, headlines, from, to, out, backend } = options;
  const inputs = [run, data, prices, ...(headlines ?? [])].filter((input) => input !== undefined);
  if (out !== undefined) await requireFreeOutput(out, inputs);
  const runDir = await chooseRun(run);
  const market = await openMarket(options);
  const { evaluateElsewhere } = await import('@fin/forecast');
  await startBackend(backend, terminal);
  noteMarket(market, terminal);
  const progress = createProgress(terminal);
  const evaluation = await interruptible(
    () => '; nothing was written',
    (signal) =>
      evaluateElsewhere(runDir, market, {
        from,
        to,
        signal,
        onNote: (note) => progress.line(`note: ${note}`),
        onProgress: (done, total) => progress.update('forecasting', done, total),
      }).finally(() => progress.end()),
  );
  if (out !== undefined) await writeFileAtomically(out, `${JSON.stringify(evaluation, null, 2)}\n`);
  return evaluation;
}

/** Text for an undefined value; the row's notes give the reason. */
const NONE = 'n/a';

/** Errors, tests against persistence, prediction intervals, and what sentiment goes with. */
function evaluationLines({ rows, n, first, last, level, leadLag }: Evaluation): string[] {
  const confidence = percent(level, 0);
  return [
    `Test days ${first} … ${last} (n = ${n}); intervals have ${confidence} confidence`,
    '',
    ...textTable(
      ['model', 'MAE', 'RMSE', 'MAPE', 'MASE', 'OOS R²', 'direction', 'interval'],
      rows.map((row) => [
        row.model,
        row.mae.toFixed(2),
        row.rmse.toFixed(2),
        optional(row.mape, (value) => percent(value, 3)),
        optional(row.mase, (value) => value.toFixed(3)),
        optional(row.oosR2, (value) => value.toFixed(4)),
        optional(row.directionalAccuracy, (value) => percent(value, 1)),
        optional(row.directionalInterval, (bounds) => range(bounds.map((bound) => 100 * bound))),
      ]),
    ),
    '',
    'Against persistence',
    '',
    ...textTable(
      ['model', 'MAE', 'interval', 'RMSE', 'interval', 'DM p', 'CW p', 'PT p'],
      rows.map((row) => [
        row.model,
        optional(row.differences, ({ mae }) => signed(mae.value)),
        optional(row.differences?.mae.interval, range),
        optional(row.differences, ({ rmse }) => signed(rmse.value)),
        optional(row.differences?.rmse.interval, range),
        optional(row.dieboldMariano, pOf),
        optional(row.clarkWest, pOf),
        optional(row.pesaranTimmermann, pOf),
      ]),
    ),
    '',
    `Conformal prediction intervals of ${confidence}, calibrated on the validation days`,
    '',
    ...textTable(
      ['model', 'split: covered', 'mean width', 'adaptive: covered', 'mean width', 'no bounds'],
      rows.map(({ model, predictionIntervals: intervals }) => [
        model,
        ...[intervals?.split, intervals?.adaptive].flatMap((summary) => [
          optional(summary, ({ coverage }) => percent(coverage, 1)),
          optional(summary?.meanWidth, (width) => width.toFixed(0)),
        ]),
        optional(intervals, ({ adaptive }) => `${adaptive.unbounded} days`),
      ]),
    ),
    '',
    ...(leadLag === null ? [] : leadLagLines(leadLag)),
    'Errors and widths in index points. OOS R²: share of the drift’s squared error that is gone. DM: Diebold-Mariano, two-sided. CW: Clark-West,',
    'for models that contain persistence. PT: Pesaran-Timmermann test of direction, which needs no persistence. CW and PT are one-sided.',
    ...noteLines(rows),
  ];
}

/** Each note once, with the models that it is about. */
function noteLines(rows: Evaluation['rows']): string[] {
  const notes = [...new Set(rows.flatMap((row) => row.notes))];
  return notes.map((note) => {
    const models = rows.filter((row) => row.notes.includes(note)).map(({ model }) => model);
    return `${models.join(', ')}: ${note}`;
  });
}

function leadLagLines({ rows, n, first, last, level, summary }: LeadLag): string[] {
  return [
    `Sentiment of day t and the return of days around it (${n} days, ${first} … ${last})`,
    '',
    ...textTable(
      ['return of', 'correlation', 'interval', 'p', 'p, adjusted'],
      rows.map(({ lag, r, interval, pValue, adjustedPValue }) => [
        lag === 0 ? 't' : `t${lag > 0 ? '+' : '-'}${Math.abs(lag)}`,
        optional(r, (value) => value.toFixed(3)),
        optional(interval, (bounds) => bounds.map((bound) => bound.toFixed(2)).join(' … ')),
        optional(pValue, (value) => value.toPrecision(2)),
        optional(adjustedPValue, (value) => value.toPrecision(2)),
      ]),
    ),
    '',
    summary,
    `Intervals of ${percent(level, 0)} by block bootstrap; adjusted: Holm’s correction for ${rows.length} tests.`,
    '',
  ];
}

function optional<T>(value: T | null | undefined, text: (value: T) => string): string {
  return value === null || value === undefined ? NONE : text(value);
}

const pOf = ({ pValue }: { readonly pValue: number }): string => pValue.toPrecision(2);
const signed = (value: number): string => `${value > 0 ? '+' : ''}${value.toFixed(2)}`;
const range = (bounds: readonly number[]): string => bounds.map((bound) => bound.toFixed(1)).join(' … ');
