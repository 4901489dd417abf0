import type { DayReturn, MarketCheck, MarketDescription, NumberSummary } from '@fin/data';
import type { Command } from 'commander';
import type { Terminal } from '../io/terminal.js';
import { percent, textTable } from '../io/terminal.js';
import { openMarket } from '../market.js';
import { dataOption, jsonOption, option, path } from '../options.js';

/** Maximum number of findings per kind, and of places per repeated headline, that are listed without `--all`. */
const LISTED = { text: 5, json: 20 } as const;

interface Options {
  readonly data?: string;
  readonly prices?: string;
  readonly all: boolean;
  readonly json: boolean;
}

export function addDataCommands(program: Command, terminal: Terminal): void {
  const group = program.command('data').description('examines headlines and prices');
  group
    .command('check')
    .description('compares headlines, labels and prices with each other and with the NYSE calendar')
    .addOption(dataOption())
    .addOption(
      option('--prices <file>', 'a longer price series to check labels against (same columns, any order)', {
        parse: path,
      }),
    )
    .option(
      '--all',
      `list every finding; without it, at most ${LISTED.text} of a kind, or ${LISTED.json} with --json`,
      false,
    )
    .addOption(jsonOption())
    .action(async ({ data, prices, all, json }: Options) => {
      const { checkMarket, loadPrices } = await import('@fin/data');
      const market = await openMarket({ data });
      const check = checkMarket(market, prices === undefined ? {} : { prices: await loadPrices(prices) });
      if (json) terminal.result(true, checkDocument(check, all), () => []);
      else terminal.result(false, check, () => checkLines(check, all));
    });
  group
    .command('describe')
    .description('prints sizes, spans and distributions')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async ({ data, json }: Options) => {
      const { describeMarket } = await import('@fin/data');
      terminal.result(json, describeMarket(await openMarket({ data })), descriptionLines);
    });
}

/** The check as a JSON document: `counts` of every kind of finding, and the findings (all, or only the first ones). */
function checkDocument(check: MarketCheck, all: boolean): object {
  const lists = Object.entries(check).filter(([, value]) => Array.isArray(value)) as [string, unknown[]][];
  const counts = Object.fromEntries(lists.map(([name, findings]) => [name, findings.length]));
  return { ...(all ? check : (shorten(check) as object)), counts };
}

function shorten(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, LISTED.json).map(shorten);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shorten(inner)]));
}

const dated = ({ date }: { readonly date: string }): string => date;
const itself = (date: string): string => date;
const withReason = ({ date, reason }: { readonly date: string; readonly reason: string }): string =>
  `${date} (${reason})`;

function checkLines(check: MarketCheck, all: boolean): string[] {
  const finding = <T>(what: string, items: readonly T[], show: (item: T) => string): string => {
    if (items.length === 0) return `  none   ${what}`;
    const listed = all ? items.length : LISTED.text;
    const more = items.length > listed ? ` … and ${items.length - listed} more (--all lists them)` : '';
    return `  ${String(items.length).padStart(4)}   ${what}: ${items.slice(0, listed).map(show).join(', ')}${more}`;
  };
  const places = (found: readonly { readonly date: string }[]): string => {
    const listed = all ? found.length : LISTED.text;
    const more = found.length > listed ? ` = … (${found.length} places)` : '';
    return `${found.slice(0, listed).map(dated).join(' = ')}${more}`;
  };
  return [
    `${check.market}${check.synthetic ? ' (made up)' : ''}`,
    `${check.days} days of news with ${check.headlines} headlines, ${check.first} … ${check.last}`,
    `${check.priceDays} days of prices, ${check.firstPrice} … ${check.lastPrice}`,
    `fingerprint ${check.fingerprint}`,
    '',
    `Labels (${check.labelsChecked} could be checked)`,
    finding('disagree with "rose or stayed the same"', check.labelMismatches, dated),
    finding('not checkable', check.notCheckable, withReason),
    'Prices',
    finding('stale (close and volume of the day before)', check.staleRows, dated),
    finding('trading days missing', check.missingDays, itself),
    finding('days on which the exchange was closed', check.extraDays, withReason),
    finding('with low or high out of order', check.inconsistentRows, dated),
    finding('suspicious values', check.suspiciousPrices, ({ problem, fix }) => `${problem} (${fix})`),
    finding('adjusted close differs from close', check.adjustedRows, dated),
    finding('zero volume', check.zeroVolumeDays, itself),
    finding(
      'disagree with the other price series',
      check.priceDisagreements,
      ({ date, column }) => `${date} ${column}`,
    ),
    'News',
    finding('empty cells', check.emptyCells, ({ date, rank }) => `${date} Top${rank}`),
    finding('headlines that occur more than once', check.repeatedHeadlines, (repeated) =>
      places(repeated.places),
    ),
    finding('news days without a price', check.newsWithoutPrice, itself),
    finding('price days without news', check.pricesWithoutNews, itself),
  ];
}

const dayReturn = (day: DayReturn | null): string =>
  day === null ? 'n/a (needs two days of prices)' : `${percent(day.simpleReturn, 2)} (${day.date})`;

function descriptionLines(description: MarketDescription): string[] {
  const { market, synthetic, signal, news, prices, returns, labels } = description;
  const row = (name: string, { min, median, mean, max, sd }: NumberSummary, digits: number): string[] => [
    name,
    ...[min, median, mean, max, sd].map((value) => value?.toFixed(digits) ?? 'n/a'),
  ];
  return [
    `${market}${synthetic ? ` (made up; a tone of +1 adds ${signal} to the next day's log return)` : ''}`,
    `news    ${news.first} … ${news.last}: ${news.days} days, ${news.headlines} headlines, ${news.distinctHeadlines} distinct`,
    `prices  ${prices.first} … ${prices.last}: ${prices.days} days, close ${prices.firstClose} … ${prices.lastClose}, ` +
      `lowest ${prices.lowestClose.close} (${prices.lowestClose.date}), highest ${prices.highestClose.close} (${prices.highestClose.date})`,
    `days    ${returns.upRate === null ? 'n/a' : percent(returns.upRate, 2)} rose, ${returns.unchangedDays} unchanged; ` +
      `best ${dayReturn(returns.best)}, worst ${dayReturn(returns.worst)}`,
    `labels  ${labels.ones} ones, ${labels.zeros} zeros`,
    '',
    ...textTable(
      ['', 'min', 'median', 'mean', 'max', 'sd'],
      [
        row('headlines a day', news.headlinesPerDay, 1),
        row('characters a headline', news.characters, 1),
        row('words a headline', news.words, 1),
        row('log return', returns.logReturn, 5),
      ],
    ),
  ];
}
