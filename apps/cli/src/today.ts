import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Market } from '@fin/data';
import type { PriceSourceName, PulledHeadlines } from '@fin/sources';
import type { Terminal } from './io/terminal.js';
import type { MarketFlags } from './market.js';
import { fileOptions } from './market.js';

/** Where the prices and headlines of today come from. */
export interface TodayChoice extends MarketFlags {
  /** Addresses of feeds. */
  readonly feed: readonly string[];
  /** Place to fetch the prices from, when there is no file of them. */
  readonly from?: PriceSourceName;
  readonly symbol: string;
}

/** Prices and headlines up to the newest trading day that is over. */
export interface Today {
  readonly market: Market;
  /** Newest trading day that is over, after whose close the forecast is made. */
  readonly decisionDate: string;
  readonly feeds: readonly Omit<PulledHeadlines, 'file'>[];
  /** What a reader should know of the data. */
  readonly notes: readonly string[];
}

/** Prices or headlines do not reach to the newest trading day. */
export class TodayError extends Error {
  readonly kind = 'input';
}

/** Days of prices that are fetched: far more than any window and the features in it look back. */
const HISTORY_DAYS = 400;

/** Days without prices after which those of an exchange with other holidays than New York's are old. China's new year takes nine. */
const LONGEST_BREAK = 10;

/**
 * Fetches the newest prices and headlines, and reads them in the same way as files for training: so a headline counts for the day by the
 * same rules.
 *
 * ```
 * clock ── newest day that is over ──┬── prices up to it ──┐
 * feeds ── headlines, as published ──┴── placed on days ───┴── market that ends on this day
 * ```
 *
 * @param needsHeadlines whether the run reads headlines
 * @throws {TodayError} when the prices end before the newest trading day, or no headline is of that day
 */
export async function openToday(
  choice: TodayChoice,
  {
    window,
    needsHeadlines,
    terminal,
    signal,
  }: {
    readonly window: number;
    readonly needsHeadlines: boolean;
    readonly terminal: Terminal;
    readonly signal: AbortSignal;
  },
): Promise<Today> {
  const { lastClosedDay, loadHeadlines, loadMarketFiles } = await import('@fin/data');
  const over = lastClosedDay();
  const folder = await mkdtemp(join(tmpdir(), 'fin-today-'));
  try {
    const { prices, priceName, feeds } = await fetchToday(choice, { folder, over, window, terminal, signal });
    const options = await fileOptions(choice);
    const bare = await loadMarketFiles({ prices, name: priceName, ...options });
    const days = bare.prices.array('date') as string[];
    await requireFresh(bare, days[days.length - 1], over);
    const decisionDate = days[days.length - 1];
    if (!needsHeadlines) return { market: bare, decisionDate, feeds: [], notes: [] };
    const own = choice.headlines ?? [];
    const headlines = [...own, ...feeds.filter((feed) => feed.headlines > 0).map(({ file }) => file)];
    const known =
      headlines.length === 0
        ? []
        : ((await loadHeadlines(headlines, options)).headlines.array('date') as string[]);
    const notes = requireHeadlines(known, days[days.length - 2] ?? '', decisionDate);
    const places = [...own.map((file) => basename(file)), ...feeds.map(({ feed }) => new URL(feed).host)];
    const name = `${priceName} with headlines of ${[...new Set(places)].join(', ')}`;
    const market = await loadMarketFiles({ prices, headlines, name, ...options });
    return {
      market,
      decisionDate,
      feeds: feeds.map(({ file: _, ...feed }) => feed),
      notes: [...feeds.flatMap(leftOut), ...notes],
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Fetched {
  readonly prices: string;
  /** Name of the prices in messages. */
  readonly priceName: string;
  readonly feeds: readonly PulledHeadlines[];
}

async function fetchToday(
  { from, symbol, prices, feed: addresses }: TodayChoice,
  {
    folder,
    over,
    window,
    terminal,
    signal,
  }: {
    readonly folder: string;
    readonly over: string;
    readonly window: number;
    readonly terminal: Terminal;
    readonly signal: AbortSignal;
  },
): Promise<Fetched> {
  const { pullHeadlines, pullPrices } = await import('@fin/sources');
  const onNote = (text: string) => terminal.line(`note: ${text}`);
  const feeds: PulledHeadlines[] = [];
  for (const [i, address] of addresses.entries()) {
    feeds.push(await pullHeadlines(address, { out: join(folder, `feed-${i + 1}.jsonl`), signal, onNote }));
  }
  if (prices !== undefined || from === undefined)
    return { prices: prices!, priceName: basename(prices!), feeds };
  const out = join(folder, 'prices.csv');
  const start = daysBefore(over, HISTORY_DAYS + 2 * window);
  await pullPrices(symbol, { from, start, end: over, out, signal, onNote });
  return { prices: out, priceName: `${symbol} of ${from}`, feeds };
}

const daysBefore = (date: string, days: number): string =>
  new Date(Date.parse(date) - days * 86_400_000).toISOString().slice(0, 10);

const leftOut = ({ feed, leftOut: entries }: PulledHeadlines): string[] =>
  entries === 0
    ? []
    : [`${feed}: ${entries} entries without a title or a date that can be read are left out`];

/** @throws {TodayError} when the prices do not end with the newest day that is over */
async function requireFresh({ name, calendar }: Market, last: string, over: string): Promise<void> {
  const { tradingDays } = await import('@fin/data');
  if (last > over) {
    throw new TodayError(
      `${name} has prices of ${last}, whose trading is not over in New York: delete its row, or wait for the close`,
    );
  }
  const follows = calendar === 'NYSE';
  const expected = follows
    ? tradingDays(daysBefore(over, LONGEST_BREAK), over).at(-1)!
    : daysBefore(over, LONGEST_BREAK);
  if (last >= expected) return;
  throw new TodayError(
    `${name} is stale: its last price is of ${last}, and ${follows ? `the trading of ${expected}` : `that of many days since then`} is over. ` +
      'Try again later if the source is late; for a file, fetch it again',
  );
}

/**
 * Notes about the headlines of the decision day.
 *
 * @param known days on which headlines count, in order
 * @throws {TodayError} when there is none of the decision day
 */
function requireHeadlines(known: readonly string[], previous: string, decision: string): string[] {
  if (known.length === 0) {
    throw new TodayError(
      'this run reads headlines, and there are none: give feeds with --feed URL, or files with --headlines',
    );
  }
  const [first, last] = [known[0], known[known.length - 1]];
  const ofDay = known.filter((date) => date > previous && date <= decision).length;
  if (ofDay === 0 || last < decision) {
    throw new TodayError(
      `no headline is of ${decision}, the newest day whose trading is over: those that there are count for ${first === last ? first : `${first} … ${last}`}. ` +
        `Headlines count for ${decision} when they were published after the close of ${previous || 'the day before'} and before its own. ` +
        'Feeds hold the newest headlines alone: ask soon after the close, or give more feeds, or headlines that you kept (--headlines)',
    );
  }
  const later = known.filter((date) => date > decision).length;
  return [
    ...(later > 0
      ? [`${later} headlines are from after the close of ${decision}, and count for the next forecast`]
      : []),
    ...(first > previous
      ? [
          `no headline is from before the close of ${previous}: some of ${decision} may be missing in the feeds`,
        ]
      : []),
  ];
}
