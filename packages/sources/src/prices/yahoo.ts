import { z } from 'zod';
import { SourceInputError, SourceUnavailableError } from '../errors.js';
import { TransientError } from '../http/problems.js';
import type { PriceQuery, PriceSource, PriceTable } from './price-source.js';
import { noPrices } from './stooq.js';

const DAY = 86_400;
/** First day of 1900, from which yfinance asks for all that there is. */
const EARLIEST = -2_208_988_800;

const secondsOf = (date: string): number => Date.parse(`${date}T00:00:00Z`) / 1000;

/**
 * Yahoo Finance's chart of daily prices, which yfinance reads as well. The CSV download, with the same columns, wants a paid account
 * since September 2024.
 */
export const yahoo: PriceSource = {
  title: 'Yahoo',
  endpoint: { usual: 'https://query1.finance.yahoo.com', variable: 'FIN_YAHOO_ENDPOINT' },
  // Without a browser's name in it, each request is answered with 429.
  headers: { 'user-agent': 'Mozilla/5.0 (compatible; fin-sources)' },
  address: ({ symbol, start, end }) => {
    const from = start === null ? EARLIEST : secondsOf(start) - DAY;
    const path =
      `/v8/finance/chart/${encodeURIComponent(symbol)}?period1=${from}&period2=${secondsOf(end) + 2 * DAY}` +
      '&interval=1d&events=history&includeAdjustedClose=true';
    return { path, shown: path };
  },
  read: readChart,
  refusal:
    ({ symbol }) =>
    ({ status }, answered) => {
      if (status === 404) return noPrices('Yahoo', symbol);
      if (status === 400 || status === 422) {
        return new SourceInputError(
          `Yahoo has no prices of ${symbol} on these days (${answered}): check the days`,
        );
      }
      if (status !== 401 && status !== 403) return null;
      return new SourceUnavailableError(
        `Yahoo refused ${symbol} (${answered}): it does not serve every country and network. Take --from stooq, or a file`,
      );
    },
};

const values = z.array(z.number().nullable());
const chartSchema = z.object({
  chart: z.object({
    result: z
      .array(
        z.object({
          meta: z.object({ exchangeTimezoneName: z.string() }),
          timestamp: z.array(z.number()).optional(),
          indicators: z.object({
            quote: z
              .array(
                z.object({
                  open: values.optional(),
                  high: values.optional(),
                  low: values.optional(),
                  close: values.optional(),
                  volume: values.optional(),
                }),
              )
              .min(1),
            adjclose: z.array(z.object({ adjclose: values.optional() })).optional(),
          }),
        }),
      )
      .min(1),
  }),
});

function readChart(body: string, { symbol }: PriceQuery): PriceTable {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    if (!body.trimStart().startsWith('{')) throw notPrices(symbol);
    throw new TransientError(`the prices of ${symbol} are cut or damaged`);
  }
  const parsed = chartSchema.safeParse(json);
  if (!parsed.success) throw notPrices(symbol);
  const [{ meta, timestamp = [], indicators }] = parsed.data.chart.result;
  const [{ open, high, low, close, volume }] = indicators.quote;
  const columns = Object.entries({
    Open: open,
    High: high,
    Low: low,
    Close: close,
    'Adj Close': indicators.adjclose?.[0]?.adjclose,
    Volume: volume,
  }).filter((entry): entry is [string, (number | null)[]] => entry[1] !== undefined);
  if (columns.some(([, column]) => column.length !== timestamp.length)) throw notPrices(symbol);
  const dayOf = dayIn(meta.exchangeTimezoneName, symbol);
  const rows = timestamp.map((seconds, i) => [
    dayOf(seconds),
    ...columns.map(([, column]) => (column[i] === null ? '' : String(column[i]))),
  ]);
  // The bar of a running day can come twice: the later one is newer.
  const byDay = new Map(rows.filter((_, i) => close?.[i] != null).map((cells) => [cells[0], cells]));
  return { header: ['Date', ...columns.map(([name]) => name)], rows: [...byDay.values()] };
}

/** Makes the day at the exchange from seconds since 1970. */
function dayIn(timeZone: string, symbol: string): (seconds: number) => string {
  try {
    // Its dates are those of ISO 8601.
    const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' });
    return (seconds) => format.format(seconds * 1000);
  } catch {
    throw notPrices(symbol);
  }
}

const notPrices = (symbol: string): SourceUnavailableError =>
  new SourceUnavailableError(
    `Yahoo sent something else than prices of ${symbol} (a page in their place?): check FIN_YAHOO_ENDPOINT, try again later, or take --from stooq`,
  );
