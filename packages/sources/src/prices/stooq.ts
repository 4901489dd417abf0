import { SourceInputError, SourceUnavailableError } from '../errors.js';
import { TransientError } from '../http/problems.js';
import type { PriceQuery, PriceSource, PriceTable } from './price-source.js';

const KEY = 'STOOQ_API_KEY';
const HEADER = /^Date,Open,High,Low,Close(,Volume)?$/;
const ROW = /^\d{4}-\d{2}-\d{2}(,[^,\s]*){4,5}$/;

const compact = (date: string): string => date.replaceAll('-', '');

/**
 * Stooq's CSV of daily prices. Since 2026 it wants a key, which it gives out on its page for a captcha; without one, and beyond the
 * requests of a day, it answers with a sentence in place of the file.
 */
export const stooq: PriceSource = {
  title: 'Stooq',
  endpoint: { usual: 'https://stooq.com', variable: 'FIN_STOOQ_ENDPOINT' },
  address: ({ symbol, start, end }, env) => {
    const from = start === null ? '' : `&d1=${compact(start)}`;
    const shown = `/q/d/l/?s=${encodeURIComponent(symbol.toLowerCase())}&i=d${from}&d2=${compact(end)}`;
    const key = env[KEY]?.trim();
    return { path: key ? `${shown}&apikey=${encodeURIComponent(key)}` : shown, shown };
  },
  read: readCsv,
  refusal:
    ({ symbol }) =>
    ({ status }, answered) =>
      status === 401 || status === 403
        ? new SourceInputError(`Stooq refused ${symbol} (${answered}): ${howToGetKey(symbol)}`)
        : status === 404
          ? new SourceUnavailableError(
              `Stooq has no prices at this address any more (${answered}): check FIN_STOOQ_ENDPOINT, or take --from yahoo`,
            )
          : null,
};

const howToGetKey = (symbol: string): string =>
  `it wants a key. Open https://stooq.com/q/d/?s=${encodeURIComponent(symbol.toLowerCase())}&get_apikey, and set ${KEY} to the apikey ` +
  'in the link that it shows; or take --from yahoo';

function readCsv(body: string, { symbol }: PriceQuery): PriceTable {
  const lines = body.replace(/^\uFEFF/, '').split(/\r?\n/);
  const header = lines[0].trim();
  if (!HEADER.test(header)) throw sentence(body.slice(0, 2000), symbol);
  if (lines.pop() !== '') throw new TransientError(`the prices of ${symbol} end within a line`);
  const columns = header.split(',');
  const rows = lines.slice(1).filter((line) => line !== '');
  const wrong = rows.findIndex((line) => !ROW.test(line) || line.split(',').length !== columns.length);
  if (wrong >= 0) throw new TransientError(`line ${wrong + 2} of the prices of ${symbol} is damaged`);
  return { header: columns, rows: rows.map((line) => line.split(',')) };
}

/** The error for an answer that is no table. None of it is repeated: it may be anything. */
function sentence(text: string, symbol: string): Error {
  if (/apikey/i.test(text))
    return new SourceInputError(`Stooq did not send ${symbol}: ${howToGetKey(symbol)}`);
  if (/daily hits limit/i.test(text)) {
    return new SourceUnavailableError(
      `Stooq sends no more prices to this address today: try again tomorrow, or take --from yahoo`,
    );
  }
  if (/^\s*(no data|brak danych)/i.test(text)) return noPrices('Stooq', symbol);
  return new SourceUnavailableError(
    `Stooq sent something else than prices of ${symbol} (a page in their place?): try again later, or take --from yahoo`,
  );
}

/** A source has no prices of a symbol on the days that were asked for. */
export const noPrices = (source: string, symbol: string): SourceInputError =>
  new SourceInputError(
    `${source} has no prices of ${symbol} on these days: check the symbol as ${source} writes it, such as ^DJI, and the days`,
  );
