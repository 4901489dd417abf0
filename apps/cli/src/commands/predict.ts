import type { Precision } from '@fin/amp';
import type { NextDayForecast } from '@fin/forecast';
import { readRunConfig } from '@fin/run';
import type { BackendName } from '@fin/runtime';
import type { Command } from 'commander';
import { notePrecision, startBackend } from '../backend.js';
import type { Terminal } from '../io/terminal.js';
import { percent } from '../io/terminal.js';
import type { MarketFlags } from '../market.js';
import { addMarketOptions, marketOfFlags, marketOfSource, noteMarket, openMarket } from '../market.js';
import { backendOption, jsonOption, precisionOption, runOption } from '../options.js';
import { chooseRun } from '../runs.js';

interface Options extends MarketFlags {
  readonly run?: string;
  readonly precision?: Precision;
  readonly backend?: BackendName;
  readonly json: boolean;
}

export function addPredictCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('predict')
    .description("forecasts the close of the trading day after the data's last day")
    .addOption(runOption());
  addMarketOptions(command, "the run's own data")
    .addOption(precisionOption())
    .addOption(backendOption())
    .addOption(jsonOption())
    .action(async ({ run, precision = 'fp32', backend, json, ...flags }: Options) => {
      const runDir = await chooseRun(run);
      const named = marketOfFlags(command, flags);
      const market = await openMarket(
        Object.keys(named).length === 0 ? marketOfSource(readRunConfig(runDir).source) : named,
      );
      const { describePrecision } = await import('@fin/amp');
      const { predictNextDay } = await import('@fin/forecast');
      await startBackend(backend, terminal);
      notePrecision(describePrecision(precision), terminal);
      noteMarket(market, terminal);
      const forecast = await predictNextDay(runDir, market, { precision });
      terminal.result(json, { ...forecast, precision }, forecastLines);
    });
}

const forecastLines = (forecast: NextDayForecast): string[] => [
  `${forecast.market}${forecast.synthetic ? ' (made up)' : ''}: the close of ${forecast.decisionDate} was ${forecast.lastClose.toFixed(2)}`,
  `forecast for the next trading day, ${forecast.targetDate}: ${forecast.predicted.toFixed(2)} ` +
    `(${percent(forecast.predicted / forecast.lastClose - 1, 3)})`,
  `sentiment of the day's ${forecast.headlines} headlines: ${forecast.sentiment.toFixed(3)}`,
  '`fin evaluate` shows how far such forecasts can be trusted.',
];
