import { resolve } from 'node:path';
import type { DataInputError, Market, MarketFileOptions } from '@fin/data';
import type { RunSource } from '@fin/run';
import type { Command, Option } from 'commander';
import { finCommand } from './io/escape.js';
import type { Terminal } from './io/terminal.js';
import { given, option, path } from './options.js';

/** Options that name a market's files and what they leave open. */
export interface MarketFlags {
  /** Folder of the Kaggle files. */
  readonly data?: string;
  readonly prices?: string;
  readonly headlines?: readonly string[];
  readonly columns?: string;
  readonly dateFormat?: string;
  readonly decimal?: 'point' | 'comma';
  readonly ticker?: string;
  readonly timeZone?: string;
  readonly deduplicate?: true;
}

/** Market that a command works on: files, or without any the bundled synthetic market. */
export interface MarketChoice extends MarketFlags {
  /** The synthetic market's signal; absent for its default. */
  readonly signal?: number;
}

/** Options of {@link addFileOptions}. */
export const fileFlags: readonly (keyof MarketFlags)[] = [
  'columns',
  'dateFormat',
  'decimal',
  'ticker',
  'timeZone',
  'deduplicate',
];

const flagNames: readonly (keyof MarketFlags)[] = ['data', 'prices', 'headlines', ...fileFlags];

const dataOption = (byDefault = 'the bundled synthetic market'): Option =>
  option('--data <dir>', 'folder with Combined_News_DJIA.csv and upload_DJIA_table.csv', {
    parse: path,
    byDefault,
    env: 'FIN_DATA',
  });

/** Adds the options of {@link MarketFlags}. @param byDefault market without any of them */
export function addMarketOptions(command: Command, byDefault?: string): Command {
  command
    .addOption(dataOption(byDefault))
    .addOption(
      option(
        '--prices <file>',
        'daily prices of any market: downloads of Yahoo, Stooq, Investing.com and others',
        {
          parse: path,
          byDefault: 'those in --data',
        },
      ),
    )
    .addOption(headlineFilesOption('those in --data, else none'));
  return addFileOptions(command);
}

export const headlineFilesOption = (byDefault: string): Option =>
  option(
    '--headlines <file>',
    "headlines: one per row, or Kaggle's form; CSV, TSV, JSON Lines or Parquet; given several times, all are used",
    {
      parse: (text, before) => [...((before as string[] | undefined) ?? []), path(text)],
      byDefault,
    },
  );

/** Adds the options of what the files leave open. */
export function addFileOptions(command: Command): Command {
  return command
    .addOption(
      option('--columns <names>', 'what columns hold, such as text=Headlines,time=Time', {
        byDefault: 'found by name',
      }),
    )
    .addOption(
      option('--date-format <format>', 'order of dates, such as DD/MM/YYYY', {
        byDefault: 'found from the whole column',
      }),
    )
    .addOption(
      option('--decimal <mark>', 'decimal mark of the prices', {
        choices: ['point', 'comma'],
        byDefault: 'found from the columns',
      }),
    )
    .addOption(option('--ticker <name>', 'ticker to use of a file with several'))
    .addOption(
      option('--time-zone <zone>', 'zone of times that name none, such as Europe/London', {
        byDefault: 'America/New_York',
      }),
    )
    .addOption(option('--deduplicate', 'count copies of a headline on one day once'));
}

/** The market that the command line names. A folder from the environment yields to prices on the command line. */
export function namedMarket(command: Command, flags: MarketFlags): MarketFlags {
  const data = command.getOptionValueSource('data') === 'cli' ? flags.data : undefined;
  return given({ ...pick(flags), data });
}

/** The market of the flags, the environment included. */
export function marketOfFlags(command: Command, flags: MarketChoice): MarketChoice {
  const named = namedMarket(command, flags);
  const data = named.data ?? (named.prices === undefined ? flags.data : undefined);
  return given({ ...named, data, signal: flags.signal });
}

const pick = (flags: MarketFlags): MarketFlags =>
  Object.fromEntries(flagNames.map((name) => [name, flags[name]])) as MarketFlags;

/** Loads the files that are named, or makes the bundled synthetic market. */
export async function openMarket({ signal, ...flags }: MarketChoice): Promise<Market> {
  const { DataInputError, loadKaggle, loadMarketFiles, syntheticMarket } = await import('@fin/data');
  const { data, prices, headlines } = flags;
  if (data === undefined && prices === undefined) {
    const alone = (['headlines', ...fileFlags] as const).find((name) => flags[name] !== undefined);
    if (alone !== undefined) throw new MarketFlagError(`${flagOf(alone)} needs --prices or --data`);
  }
  const known = await fileOptions(flags);
  if (data !== undefined) {
    return loadKaggle({ dir: data, ...given({ prices, headlines }), ...known }).catch((error) => {
      throw error instanceof DataInputError && error.file === data ? new KaggleFolderError(error) : error;
    });
  }
  if (prices !== undefined) return loadMarketFiles({ prices, ...given({ headlines }), ...known });
  return syntheticMarket(signal === undefined ? {} : { signal });
}

/** What the command line says about the content of files, as the library takes it. */
export async function fileOptions(flags: MarketFlags): Promise<MarketFileOptions> {
  const { parseColumnNames } = await import('@fin/data');
  const { columns, dateFormat, decimal, ticker, timeZone, deduplicate } = flags;
  return given({
    columns: columns === undefined ? undefined : parseColumnNames(columns),
    ...{ dateFormat, decimal, ticker, timeZone, deduplicate },
  });
}

/** `dateFormat` as `--date-format`. */
const flagOf = (name: string): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Options of a market do not go together. */
export class MarketFlagError extends Error {
  readonly kind = 'input';
}

/** There is no such folder of Kaggle files, or it lacks them. */
export class KaggleFolderError extends Error {
  readonly kind = 'input';
  readonly file: string | undefined;
  readonly fix: string;

  constructor(cause: DataInputError) {
    const other = `Or fetch the data: \`${finCommand('data', 'pull', 'kaggle')}\` makes the folder stocknews.`;
    super(`${cause.message} ${other}`, { cause });
    this.file = cause.file;
    this.fix = `${cause.fix} ${other}`;
  }
}

/** The record of a market in a run's `config.json`, from which {@link marketOfSource} opens it again. */
export function marketSource(choice: MarketChoice, market: Market | undefined): RunSource {
  const { data, prices, headlines, ...others } = pick(choice);
  return {
    data: market && data !== undefined ? resolve(data) : null,
    signal: market?.signal ?? null,
    ...(market && {
      ...given({
        prices: prices === undefined ? undefined : resolve(prices),
        headlines: headlines?.map((file) => resolve(file)),
      }),
      ...given(others),
    }),
  };
}

/** The market that a run was trained on, from the `source` in its `config.json`. */
export function marketOfSource(source: RunSource): MarketChoice {
  const text = (name: string): string | undefined =>
    typeof source[name] === 'string' ? source[name] : undefined;
  const { signal, headlines, decimal, deduplicate } = source;
  return given({
    data: text('data'),
    prices: text('prices'),
    headlines: Array.isArray(headlines) ? headlines : undefined,
    columns: text('columns'),
    dateFormat: text('dateFormat'),
    decimal: decimal === 'point' || decimal === 'comma' ? decimal : undefined,
    ticker: text('ticker'),
    timeZone: text('timeZone'),
    deduplicate: deduplicate === true ? true : undefined,
    signal: typeof signal === 'number' ? signal : undefined,
  });
}

/** Messages of each kind that are printed; `fin data check` lists them all. */
const LISTED = 5;

/** Prints a note when a market is made up, what its files left open, and its suspicious prices. */
export function noteMarket(market: Market, terminal: Terminal): void {
  if (market.synthetic) {
    terminal.line(`note: ${market.name} is a made-up market; its figures say nothing about real ones`);
  }
  for (const note of fileNotes(market)) terminal.line(`note: ${note}`);
  const { warnings = [] } = market;
  for (const warning of warnings.slice(0, LISTED)) terminal.line(`warning: ${warning}`);
  if (warnings.length > LISTED) {
    terminal.line(
      `warning: ${warnings.length - LISTED} more suspicious prices; \`fin data check --all\` lists them`,
    );
  }
}

/** What a reader should know of how the files were read. Nothing for files in the usual form. */
function fileNotes({ files = [], calendar, news }: Market): string[] {
  const notes = files.flatMap(({ file, encoding, dropped, assumptions }) => {
    const [first] = dropped;
    return [
      ...(encoding === null || encoding === 'UTF-8' ? [] : [`${file} is read as ${encoding}`]),
      ...(first === undefined
        ? []
        : [`${file}: ${dropped.length} rows left out (first: line ${first.line}, ${first.reason})`]),
      ...assumptions.map((assumption) => `${file}: ${assumption}`),
    ];
  });
  if (calendar !== undefined && calendar !== 'NYSE') notes.push(`the trading days are ${calendar}`);
  if (news && news.placement.beforeClose + news.placement.afterClose > 0) notes.push(placementText(news));
  return notes;
}

/** The rule by which headlines are placed on days, with its counts. */
export function placementText({ placement, afterLastPrice }: NonNullable<Market['news']>): string {
  const { beforeClose, afterClose, afterEarlyClose, withoutTime } = placement;
  return (
    `headlines published before the close in New York (16:00; 13:00 on half days) count for that day (${beforeClose}), ` +
    `later ones for the next trading day (${afterClose}${afterEarlyClose === 0 ? '' : `, ${afterEarlyClose} of them before 16:00 on a half day`}), ` +
    `dates without a time for that day (${withoutTime}); ${afterLastPrice} are after the last price`
  );
}
