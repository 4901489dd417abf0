import { writeFileAtomically } from '@fin/files';
import { SourceInputError } from '../errors.js';
import { HttpClient } from '../http/http-client.js';
import type { Limits } from '../http/limits.js';
import { LIMITS } from '../http/limits.js';
import { shownAddress } from '../http/problems.js';
import type { ParsedFeed } from './parse-headlines.js';

/** Far above any feed of news; a longer answer is something else. */
const MAX_FEED_BYTES = 16 * 2 ** 20;

/** Options of {@link pullHeadlines}. */
export interface PullHeadlinesOptions {
  /** JSON Lines file to write; it is replaced. */
  readonly out: string;
  readonly signal?: AbortSignal;
  /** Told of each failure after which it goes on. */
  readonly onNote?: (text: string) => void;
}

/** Headlines of a feed that were fetched. */
export interface PulledHeadlines {
  readonly file: string;
  /** Address of the feed without its query, in which keys stand. */
  readonly feed: string;
  readonly format: ParsedFeed['format'];
  /** Number of headlines in the file. Without any, no file is written. */
  readonly headlines: number;
  /** Entries without a title or a date that can be read. */
  readonly leftOut: number;
  /** When it was fetched, ISO 8601 in UTC. */
  readonly fetchedAt: string;
}

/**
 * Fetches the headlines of an RSS, Atom, RDF or JSON feed, and writes them as JSON Lines that `loadHeadlines` of `@fin/data` reads as they
 * are: `published` (as the feed writes it), `headline`, `source` and `url`.
 *
 * @throws {SourceInputError} when the address is none, or the server refuses it
 * @throws {SourceUnavailableError} when it cannot be reached, or is no feed
 * @throws {FileWriteError} of `@fin/files`
 * @example
 * ```ts
 * const { headlines } = await pullHeadlines('https://example.org/business.xml', { out: 'today.jsonl' });
 * ```
 */
export async function pullHeadlines(feed: string, options: PullHeadlinesOptions): Promise<PulledHeadlines> {
  return pullHeadlinesWith(LIMITS, feed, options);
}

/** As {@link pullHeadlines}, with other limits. */
export async function pullHeadlinesWith(
  limits: Limits,
  feed: string,
  { out, signal, onNote = () => {} }: PullHeadlinesOptions,
): Promise<PulledHeadlines> {
  const url = feedAddress(feed);
  const shown = shownAddress(url);
  const client = new HttpClient({
    endpoint: url.href,
    name: `the feed ${shown}`,
    headers: { accept: 'application/rss+xml, application/atom+xml, application/xml;q=0.9, */*;q=0.5' },
    refusal: ({ status }, answered) =>
      [401, 403, 404, 410].includes(status)
        ? new SourceInputError(
            `the feed was refused (${answered}): check its address in a browser; it may have moved, or not be open to programs`,
          )
        : null,
    limits,
    signal,
    onRetry: onNote,
  });
  // Loaded here, so that commands which only look up a model do not wait for it.
  const [{ decodeFeed }, { parseHeadlines }] = await Promise.all([
    import('./decode-feed.js'),
    import('./parse-headlines.js'),
  ]);
  const { format, headlines, leftOut } = await client.get(
    url.href,
    (body, response) => parseHeadlines(decodeFeed(body, response.headers.get('content-type'), shown), shown),
    { maxBytes: MAX_FEED_BYTES },
  );
  const lines = headlines.map(({ published, headline, url: link }) =>
    JSON.stringify({ published, headline, source: url.host, url: link }),
  );
  if (lines.length > 0) await writeFileAtomically(out, `${lines.join('\n')}\n`);
  return {
    file: out,
    feed: shown,
    format,
    headlines: lines.length,
    leftOut,
    fetchedAt: new Date().toISOString(),
  };
}

/** @throws {SourceInputError} when it is not the address of a feed */
function feedAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new SourceInputError(
      `${JSON.stringify(text.slice(0, 80))} is not the address of a feed: it begins with https://`,
    );
  }
  if (url.username !== '' || url.password !== '')
    throw new SourceInputError(
      `the address of the feed at ${url.host} has a user name or password in it: leave them out`,
    );
  return url;
}
