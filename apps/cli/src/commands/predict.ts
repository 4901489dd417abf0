import type { Precision } from '@fin/amp';
import type { NextDayForecast, TrackRecord } from '@fin/forecast';
import { readRunConfig } from '@fin/run';
import type { BackendName } from '@fin/runtime';
import type { PriceSourceName } from '@fin/sources';
import type { Command } from 'commander';
import { notePrecision, startBackend } from '../backend.js';
import { finCommand } from '../io/escape.js';
import { interruptible } from '../io/interruption.js';
import type { Terminal } from '../io/terminal.js';
import { percent } from '../io/terminal.js';
import type { MarketChoice, MarketFlags } from '../market.js';
import {
  addMarketOptions,
  marketOfFlags,
  marketOfSource,
  namedMarket,
  noteMarket,
  openMarket,
} from '../market.js';
import {
  backendOption,
  jsonOption,
  option,
  precisionOption,
  priceSourceOption,
  runOption,
} from '../options.js';
import { chooseRun } from '../runs.js';
import type { Today, TodayChoice } from '../today.js';
import { openToday, TodayError } from '../today.js';

interface Options extends MarketFlags {
  readonly run?: string;
  readonly today: boolean;
  readonly feed?: readonly string[];
  readonly from?: PriceSourceName;
  readonly symbol?: string;
  readonly precision?: Precision;
  readonly backend?: BackendName;
  readonly json: boolean;
}

const SYMBOL = '^DJI';

export function addPredictCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('predict')
    .description("forecasts the close of the trading day after the data's last day")
    .addOption(runOption());
  addMarketOptions(command, "the run's own data")
    .option(
      '--today',
      'fetch the headlines of --feed and the last prices, and forecast the next trading day after the newest close',
      false,
    )
    .addOption(
      option(
        '--feed <url>',
        'with --today: RSS or Atom feed of headlines; given several times, all are used',
        {
          parse: (text, before) => [...((before as string[] | undefined) ?? []), text],
        },
      ),
    )
    .addOption(
      priceSourceOption(
        'with --today: place to fetch the prices from; without it, they are read from --prices',
      ),
    )
    .addOption(
      option('--symbol <name>', 'with --today and --from: index or stock, as the source writes it', {
        byDefault: SYMBOL,
      }),
    )
    .addOption(precisionOption())
    .addOption(backendOption())
    .addOption(jsonOption())
    .action(
      async ({ run, today, feed, from, symbol, precision = 'fp32', backend, json, ...flags }: Options) => {
        const runDir = await chooseRun(run);
        const named = namedMarket(command, flags);
        const alone = Object.entries({ feed, from, symbol }).find(([, value]) => value !== undefined);
        if (!today && alone) command.error(`error: --${alone[0]} needs --today`);
        const opened = today
          ? await openForToday(runDir, { ...named, feed: feed ?? [], from, symbol }, terminal)
          : null;
        const market = opened?.market ?? (await openMarket(ownOr(marketOfFlags(command, flags), runDir)));
        const { describePrecision } = await import('@fin/amp');
        const { predictNextDay } = await import('@fin/forecast');
        await startBackend(backend, terminal);
        notePrecision(describePrecision(precision), terminal);
        noteMarket(market, terminal);
        for (const note of opened?.notes ?? []) terminal.line(`note: ${note}`);
        const forecast = await predictNextDay(runDir, market, { precision });
        const result = {
          ...forecast,
          precision,
          caveat: caveatOf(forecast),
          ...(opened && { asOf: opened.asOf, feeds: opened.feeds }),
        };
        terminal.result(json, result, forecastLines);
      },
    );
}

/** The market that is named, else the run's own. */
const ownOr = (named: MarketChoice, runDir: string): MarketChoice =>
  Object.keys(named).length === 0 ? marketOfSource(readRunConfig(runDir).source) : named;

/** Fetches what a run needs for a forecast after the newest close. */
async function openForToday(
  runDir: string,
  choice: Omit<TodayChoice, 'symbol'> & { readonly symbol?: string },
  terminal: Terminal,
): Promise<Today & { readonly asOf: string }> {
  const { data, prices, from, symbol } = choice;
  if (data !== undefined)
    throw new TodayError('--today reads prices from --from or --prices, not from --data');
  if ((prices === undefined) === (from === undefined)) {
    throw new TodayError('--today needs prices: either --from yahoo or stooq, or a file with --prices');
  }
  if (symbol !== undefined && from === undefined) throw new TodayError('--symbol needs --from');
  const { forecasterSettingsSchema } = await import('@fin/forecast');
  const { window, text } = readRunConfig(runDir, forecasterSettingsSchema).settings;
  const needsHeadlines = text !== 'none';
  if (!needsHeadlines && choice.feed.length + (choice.headlines?.length ?? 0) > 0)
    terminal.line('note: this run reads prices alone, so the headlines are not used');
  const feed = needsHeadlines ? choice.feed : [];
  const asOf = new Date().toISOString();
  const today = await interruptible(
    () => '',
    (signal) =>
      openToday({ ...choice, feed, symbol: symbol ?? SYMBOL }, { window, needsHeadlines, terminal, signal }),
  );
  return { ...today, asOf };
}

/** How far a forecast can be trusted, in words. */
function caveatOf({ trainedUntil, trackRecord: record, level }: NextDayForecast): string {
  return [
    ...(trainedUntil === null ? [] : [`The model learned from closes up to ${trainedUntil}.`]),
    ...(record === null ? ['It has no test days.'] : recordSentences(record, level)),
    'This is an exercise in forecasting, not advice.',
  ].join(' ');
}

function recordSentences(record: TrackRecord, level: number): string[] {
  const { n, first, last, rmse, persistenceRmse, dieboldMarianoPValue: p, coverage } = record;
  const differs = p !== null && p < 1 - level;
  const verdict = !differs
    ? 'no better than "no change", as far as a test can tell'
    : rmse < persistenceRmse
      ? 'better than "no change"'
      : 'worse than "no change"';
  return [
    `On its ${n} test days (${first} … ${last}) it was ${verdict}: RMSE ${rmse.toFixed(1)} against ${persistenceRmse.toFixed(1)} points` +
      `${p === null ? '' : `, Diebold-Mariano p = ${p.toFixed(3)}`}.`,
    ...(coverage === null ? [] : [`Its intervals held the close on ${percent(coverage, 1)} of them.`]),
  ];
}

const forecastLines = (forecast: NextDayForecast & { readonly caveat: string }): string[] => [
  `${forecast.market}${forecast.synthetic ? ' (made up)' : ''}: the close of ${forecast.decisionDate} was ${forecast.lastClose.toFixed(2)}`,
  `forecast for the next trading day, ${forecast.targetDate}: ${forecast.predicted.toFixed(2)} ` +
    `(${percent(forecast.predicted / forecast.lastClose - 1, 3)})`,
  forecast.interval === null
    ? 'prediction interval: none, the run has too few validation days'
    : `${percent(forecast.level, 0)} prediction interval: ${forecast.interval.map((bound) => bound.toFixed(2)).join(' … ')}`,
  `sentiment of the day's ${forecast.headlines} headlines: ${forecast.sentiment.toFixed(3)}`,
  forecast.caveat,
  `\`${finCommand('evaluate')}\` shows more of how far such forecasts can be trusted.`,
];
