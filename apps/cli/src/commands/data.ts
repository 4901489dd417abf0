import type {
  DayReturn,
  FileReport,
  ImplausibleMove,
  Market,
  MarketCheck,
  MarketDescription,
  NumberSummary,
} from '@fin/data';
import type { Command } from 'commander';
import { FindingsError } from '../io/report-error.js';
import type { Terminal } from '../io/terminal.js';
import { percent, textTable } from '../io/terminal.js';
import type { MarketChoice, MarketFlags } from '../market.js';
import { addMarketOptions, marketOfFlags, openMarket, placementText } from '../market.js';
import { jsonOption } from '../options.js';
import { addPullCommands } from './data-pull.js';

/** Maximum number of findings per kind, and of places per repeated headline, that are listed without `--all`. */
const LISTED = { text: 5, json: 20 } as const;

interface Options extends MarketFlags {
  readonly all: boolean;
  readonly strict: boolean;
  readonly json: boolean;
}

export function addDataCommands(program: Command, terminal: Terminal): void {
  const group = program.command('data').description('fetches and examines headlines and prices');
  const check = group
    .command('check')
    .description(
      'says how the files were read, and compares headlines, labels and prices with each other and with the calendar',
    )
    .addHelpText(
      'after',
      '\nWith --data and --prices, the labels and prices of the folder are compared with those prices too.',
    );
  addMarketOptions(check)
    .option('--strict', 'exit with 3 when the check finds what can spoil a forecast', false)
    .option(
      '--all',
      `list every finding; without it, at most ${LISTED.text} of a kind, or ${LISTED.json} with --json`,
      false,
    )
    .addOption(jsonOption())
    .action(async ({ all, strict, json, ...flags }: Options) => {
      const { moveText } = await import('@fin/data');
      const found = await checked(marketOfFlags(check, flags));
      if (json) terminal.result(true, checkDocument(found, all), () => []);
      else terminal.result(false, found, () => checkLines(found, all, moveText));
      const serious = strict ? seriousFindings(found) : [];
      if (serious.length > 0) throw new FindingsError(`the data have ${serious.join(', ')}`);
    });
  addPullCommands(group, terminal);
  const describe = group.command('describe').description('prints sizes, spans and distributions');
  addMarketOptions(describe)
    .addOption(jsonOption())
    .action(async ({ json, ...flags }: Options) => {
      const { describeMarket } = await import('@fin/data');
      const market = await openMarket(marketOfFlags(describe, flags));
      terminal.result(json, describeMarket(market), descriptionLines);
    });
}

/** Checks a market. A folder's own prices are compared with those of `--prices`. */
async function checked({ data, prices, ...choice }: MarketChoice): Promise<MarketCheck> {
  const { checkMarket, loadPrices, parseColumnNames } = await import('@fin/data');
  if (data === undefined || prices === undefined)
    return checkMarket(await openMarket({ data, prices, ...choice }));
  const market: Market = await openMarket({ data, ...choice });
  const { columns, headlines: _, signal: __, deduplicate: ___, ...known } = choice;
  const other = await loadPrices(prices, {
    ...known,
    ...(columns && { columns: parseColumnNames(columns) }),
  });
  return checkMarket(market, { prices: other.prices });
}

/** Kinds of findings that can spoil a forecast, with their numbers. */
function seriousFindings(check: MarketCheck): string[] {
  const kinds = {
    'implausible moves': check.implausibleMoves,
    'suspicious values': check.suspiciousPrices,
    'stale rows': check.staleRows,
    'repeated rows': check.repeatedRows,
    'rows with low or high out of order': check.inconsistentRows,
    'trading days missing': check.missingDays,
    'days on which the exchange was closed': check.extraDays,
    'volume gaps': check.volumeGaps,
    'days without headlines': check.headlines > 0 ? check.daysWithoutHeadlines : [],
  };
  return [
    ...Object.entries(kinds).flatMap(([name, found]) =>
      found.length > 0 ? [`${found.length} ${name}`] : [],
    ),
    ...(check.mojibake > 0 ? [`${check.mojibake} wrongly decoded headlines`] : []),
  ];
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

function checkLines(check: MarketCheck, all: boolean, moveText: (move: ImplausibleMove) => string): string[] {
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
    check.days === 0
      ? 'no headlines'
      : `${check.days} days of news with ${check.headlines} headlines, ${check.first} … ${check.last}`,
    `${check.priceDays} days of prices, ${check.firstPrice} … ${check.lastPrice}`,
    `fingerprint ${check.fingerprint}`,
    `calendar: ${check.calendar === 'NYSE' ? 'the New York Stock Exchange' : check.calendar}`,
    '',
    ...fileLines(check.files),
    `Labels (${check.labelsChecked} could be checked)`,
    finding('disagree with "rose or stayed the same"', check.labelMismatches, dated),
    finding('not checkable', check.notCheckable, withReason),
    'Prices',
    finding('stale (close and volume of the day before)', check.staleRows, dated),
    finding('trading days missing', check.missingDays, itself),
    finding('days on which the exchange was closed', check.extraDays, withReason),
    finding('with low or high out of order', check.inconsistentRows, dated),
    finding('suspicious values', check.suspiciousPrices, ({ problem, fix }) => `${problem} (${fix})`),
    finding('moves too large to be true', check.implausibleMoves, moveText),
    finding('that repeat the prices of the day before', check.repeatedRows, dated),
    finding('adjusted close differs from close', check.adjustedRows, dated),
    finding('zero volume', check.zeroVolumeDays, itself),
    finding('without a volume, in a series of volumes', check.volumeGaps, itself),
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
    finding('trading days without any headline', check.daysWithoutHeadlines, itself),
    ...coverageLines(check),
  ];
}

/** How each file was read. */
function fileLines(files: readonly FileReport[]): string[] {
  const lines = files.flatMap(({ file, format, encoding, columns, dates, rows, dropped, assumptions }) => [
    `  ${file}: ${format}${encoding === null ? '' : `, ${encoding}`}, ${rows} rows${dates === null ? '' : `, dates ${dates}`}`,
    `    columns: ${Object.entries(columns)
      .map(([role, name]) => `${role} = ${name}`)
      .join(', ')}`,
    ...dropped
      .slice(0, LISTED.text)
      .map(({ line, date, reason }) => `    left out: line ${line}${date ? ` (${date})` : ''}, ${reason}`),
    ...(dropped.length > LISTED.text ? [`    … and ${dropped.length - LISTED.text} more rows left out`] : []),
    ...assumptions.map((assumption) => `    assumed: ${assumption}`),
  ]);
  return lines.length === 0 ? [] : ['Files', ...lines];
}

/** Coverage of the trading days, placement of headlines, and their copies. */
function coverageLines({
  coveredShare,
  longestRunWithoutHeadlines: run,
  mojibake,
  absentHeadlines,
  news,
}: MarketCheck): string[] {
  return [
    ...(coveredShare === null
      ? []
      : [
          `  ${percent(coveredShare, 1)} of the trading days have a headline${
            run === null ? '' : `; the longest run without is ${run.days} days, ${run.first} … ${run.last}`
          }`,
        ]),
    `  ${absentHeadlines} absent headlines, ${mojibake} with wrongly decoded characters`,
    ...(news
      ? [
          `  copies on one day: ${news.copies.exact} to the letter, ${news.copies.nearIdentical} nearly${news.copies.merged ? ', left out' : ' (--deduplicate leaves them out)'}`,
          `  ${placementText(news)}`,
        ]
      : []),
  ];
}

const dayReturn = (day: DayReturn | null): string =>
  day === null ? 'n/a (needs two days of prices)' : `${percent(day.simpleReturn, 2)} (${day.date})`;

/** Simple returns in percent. */
const simpleReturnRow = ({ min, median, mean, max, sd }: NumberSummary): string[] => [
  'return of a day',
  ...[min, median, mean, max, sd].map((value) => (value === null ? 'n/a' : percent(value, 2))),
];

function descriptionLines(description: MarketDescription): string[] {
  const { market, synthetic, signal, news, prices, returns, labels } = description;
  const row = (name: string, { min, median, mean, max, sd }: NumberSummary, digits: number): string[] => [
    name,
    ...[min, median, mean, max, sd].map((value) => value?.toFixed(digits) ?? 'n/a'),
  ];
  return [
    `${market}${synthetic ? ` (made up; a tone of +1 adds ${signal} to the next day's log return)` : ''}`,
    news.days === 0
      ? 'news    none'
      : `news    ${news.first} … ${news.last}: ${news.days} days, ${news.headlines} headlines, ${news.distinctHeadlines} distinct`,
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
        simpleReturnRow(returns.simpleReturn),
      ],
    ),
  ];
}
