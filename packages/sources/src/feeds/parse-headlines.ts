import { isReadableDate } from '@fin/data';
import type { AnyFeed } from 'feedsmith';
import { MalformedError, parseFeed } from 'feedsmith';
import { SourceUnavailableError } from '../errors.js';
import { TransientError } from '../http/problems.js';

/** A headline of a feed. */
export interface FeedHeadline {
  /** When it was published, as the feed writes it. */
  readonly published: string;
  readonly headline: string;
  /** Address of the article; empty without one. */
  readonly url: string;
}

/** Headlines of a feed, in its order. */
export interface ParsedFeed {
  readonly format: 'RSS' | 'Atom' | 'RDF' | 'JSON Feed';
  readonly headlines: readonly FeedHeadline[];
  /** Entries without a title, or without a date that can be read; they are left out. */
  readonly leftOut: number;
}

const formats = { rss: 'RSS', atom: 'Atom', rdf: 'RDF', json: 'JSON Feed' } as const;

/**
 * Reads the headlines of a feed. The date of publication counts, not that of a later change. Entities that a feed defines by itself are
 * refused, since they can make a short text a very long one.
 *
 * @param address for messages
 * @throws {TransientError} when it is cut
 * @throws {SourceUnavailableError} when it is no feed
 */
export function parseHeadlines(text: string, address: string): ParsedFeed {
  if (/<!ENTITY/i.test(text)) {
    throw new SourceUnavailableError(
      `${address} defines entities of its own, which no feed needs: it is not read`,
    );
  }
  const { format, entries } = entriesOf(text, address);
  const headlines = entries.flatMap(({ title, dates, url }) => {
    const headline = plainText(title ?? '');
    const published = dates.find((date) => date !== undefined)?.trim() ?? '';
    return headline === '' || !isReadableDate(published) ? [] : [{ published, headline, url: url ?? '' }];
  });
  return { format: formats[format], headlines, leftOut: entries.length - headlines.length };
}

/** What the formats have in common. */
interface Entry {
  readonly title: string | undefined;
  /** Dates, the one that counts first. */
  readonly dates: readonly (string | undefined)[];
  readonly url: string | undefined;
}

type Parsed = AnyFeed<string>;

function entriesOf(text: string, address: string): { format: Parsed['format']; entries: Entry[] } {
  try {
    const parsed = parseFeed(text);
    return { format: parsed.format, entries: common(parsed) };
  } catch (cause) {
    if (cause instanceof MalformedError) throw new TransientError(`the feed ${address} is cut or damaged`);
    throw new SourceUnavailableError(
      `${address} is no feed (RSS, Atom, RDF or JSON Feed): check the address in a browser`,
      { cause },
    );
  }
}

function common(parsed: Parsed): Entry[] {
  switch (parsed.format) {
    case 'rss':
      return (parsed.feed.items ?? []).map(({ title, pubDate, dc, link }) => ({
        title,
        dates: [pubDate, dc?.dates?.[0]],
        url: link,
      }));
    case 'rdf':
      return (parsed.feed.items ?? []).map(({ title, dc, link }) => ({
        title,
        dates: [dc?.dates?.[0]],
        url: link,
      }));
    case 'atom':
      return (parsed.feed.entries ?? []).map(({ title, published, updated, links }) => ({
        title: title?.value,
        dates: [published, updated],
        url: links?.find(({ rel }) => rel === undefined || rel === 'alternate')?.href,
      }));
    case 'json':
      return (parsed.feed.items ?? []).map(({ title, date_published, date_modified, url }) => ({
        title,
        dates: [date_published, date_modified],
        url,
      }));
  }
}

/** Removes tags, which titles are not meant to have, and joins lines. Entities are decoded when the headlines are loaded. */
const plainText = (title: string): string =>
  title
    .replace(/<\/?[a-z][^<>]{0,500}>/gi, ' ')
    .replace(/\s+/g, ' ')
    .trim();
