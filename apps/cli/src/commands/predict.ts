import type { Precision } from '@fin/amp';
import type { NextDayForecast } from '@fin/forecast';
import type { Command } from 'commander';
import type { Io } from '../io/io.js';
import { printResult } from '../io/print-result.js';
import { loadBackend } from '../load-backend.js';
import { marketOfRun } from '../market-of-run.js';
import { notePrecision } from '../note-precision.js';
import { openMarket } from '../open-market.js';
import { chooseRun } from '../run-choice.js';
import { backendOption, dataOption, jsonOption, precisionOption, runOption } from './options.js';

interface Options {
  readonly run?: string;
  readonly data?: string;
  readonly precision?: Precision;
  readonly backend?: 'tensorflow' | 'wasm' | 'cpu';
  readonly json: boolean;
}

export function addPredictCommand(program: Command, io: Io): void {
  program
    .command('predict')
    .description("forecasts the close of the day after the data's last day with a trained run")
    .addOption(runOption())
    .addOption(dataOption().default(undefined, "the run's own data"))
    .addOption(precisionOption())
    .addOption(backendOption())
    .addOption(jsonOption())
    .action(async ({ run, data, precision = 'fp32', backend, json }: Options) => {
      const runDir = await chooseRun(run);
      const market = await openMarket(data === undefined ? await marketOfRun(runDir) : { data });
      const { describePrecision, predictNextDay } = await import('@fin/forecast');
      await loadBackend(backend, io);
      notePrecision(describePrecision(precision), io);
      const forecast = await predictNextDay(runDir, market, { precision });
      printResult(io, json, { ...forecast, precision }, forecastText);
    });
}

const forecastText = (forecast: NextDayForecast): string =>
  [
    `${forecast.market}${forecast.synthetic ? ' (made up)' : ''}, known up to the close of ${forecast.decisionDate}: ${forecast.lastClose.toFixed(2)}`,
    `forecast for the next trading day, ${forecast.targetDate}: ${forecast.predicted.toFixed(2)} ` +
      `(${(100 * forecast.predictedLogReturn).toFixed(3)} %)`,
    `sentiment of the day's ${forecast.headlines} headlines: ${forecast.sentiment.toFixed(3)}`,
    'See `fin evaluate` for how far such forecasts can be trusted.',
  ].join('\n');
