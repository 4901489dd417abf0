import type { Command } from 'commander';
import type { Io } from '../io/io.js';
import { printResult } from '../io/print-result.js';
import { openMarket } from '../open-market.js';
import { checkText } from './check-text.js';
import { describeText } from './describe-text.js';
import { dataOption, jsonOption, pricesOption } from './options.js';

interface Options {
  readonly data?: string;
  readonly prices?: string;
  readonly json: boolean;
}

export function addDataCommands(program: Command, io: Io): void {
  const group = program.command('data').description('looks at headlines and prices');
  group
    .command('check')
    .description('holds headlines, labels and prices against each other and against the NYSE calendar')
    .addOption(dataOption())
    .addOption(pricesOption())
    .addOption(jsonOption())
    .action(async ({ data, prices, json }: Options) => {
      const { checkMarket, loadPrices } = await import('@fin/data');
      const market = await openMarket({ data });
      const check = checkMarket(market, prices === undefined ? {} : { prices: await loadPrices(prices) });
      printResult(io, json, check, checkText);
    });
  group
    .command('describe')
    .description('sizes, spans and distributions')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async ({ data, json }: Options) => {
      const { describeMarket } = await import('@fin/data');
      printResult(io, json, describeMarket(await openMarket({ data })), describeText);
    });
}
