import { loadHeadlines } from '@fin/data';
import type { AskedSource } from '@fin/testkit/fake-source';
import { beforeEach, describe, expect, it } from 'vitest';
import { pullHeadlinesWith } from '../src/feeds/pull-headlines.js';
import type { Limits } from '../src/http/limits.js';
import type { PullHeadlinesOptions } from '../src/index.js';
import { failureOf, lastingFailures, passingFailures, sourceBench } from './source-bench.js';

const at = sourceBench();

const rss = (items: string, head = '<?xml version="1.0" encoding="UTF-8"?>') =>
  `${head}<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>News</title>${items}</channel></rss>`;
const item = (title: string, date: string) =>
  `<item><title>${title}</title><pubDate>${date}</pubDate></item>`;

/** The day after Thanksgiving 2015, a half day: the exchange closes at 13:00. */
const RSS = rss(
  item('Stocks rise &amp; bonds fall', 'Fri, 27 Nov 2015 12:59:00 -0500') +
    item('<![CDATA[Oil <b>slips</b> below $42]]>', 'Fri, 27 Nov 2015 18:00:00 GMT') +
    '<item><title>Retailers open early</title><dc:date>2015-11-26T10:00:00Z</dc:date><link>https://example.org/3</link></item>' +
    item('No date', '') +
    item('A date of no kind', 'yesterday') +
    item('A zone of no kind', 'Fri, 27 Nov 2015 12:00:00 XYZ') +
    item(' ', 'Fri, 27 Nov 2015 12:00:00 GMT'),
);

const ATOM = `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>News</title><id>n</id>
<entry><id>1</id><title type="html">Fed &lt;i&gt;raises&lt;/i&gt; rates</title><published>2015-11-27T12:00:00-05:00</published>
  <updated>2015-12-01T12:00:00Z</updated><link rel="self" href="https://x.org/self"/><link href="https://x.org/1"/></entry>
<entry><id>2</id><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Banks <b>gain</b></div></title><updated>2015-11-27T18:30:00Z</updated></entry>
</feed>`;

const RDF = `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="x"><title>News</title></channel><item rdf:about="u"><title>Exports grow</title><link>https://x.org/4</link><dc:date>2015-11-27</dc:date></item></rdf:RDF>`;

const JSON_FEED = JSON.stringify({
  version: 'https://jsonfeed.org/version/1.1',
  title: 'News',
  items: [{ id: '1', title: 'Wages rise', date_published: '2015-11-27T16:00:00Z', url: 'https://x.org/5' }],
});

const pull = (
  { limits, ...options }: Partial<PullHeadlinesOptions> & { readonly limits?: Partial<Limits> } = {},
  path = '/news?key=SECRET',
) =>
  pullHeadlinesWith({ ...at.limits, ...limits }, `${at.source.url}${path}`, {
    out: at.path('feed.jsonl'),
    onNote: (text) => at.notes.push(text),
    ...options,
  });

const sends =
  (content: string | Buffer, headers: Record<string, string> = {}) =>
  ({ send }: AskedSource) =>
    send(content, { headers });

const loaded = async () => {
  const { headlines, placement } = await loadHeadlines(at.path('feed.jsonl'));
  return { rows: headlines.objects() as { date: string; text: string }[], placement };
};

beforeEach(() => {
  at.source.answer = sends(RSS);
});

describe('the headlines of a feed', () => {
  it('are placed on days by the close of the exchange, as those of files are', async () => {
    const pulled = await pull();
    expect(pulled).toMatchObject({ format: 'RSS', headlines: 3, leftOut: 4, feed: `${at.source.url}/news` });
    const { rows, placement } = await loaded();
    expect(rows.map(({ date, text }) => [date, text])).toEqual([
      ['2015-11-26', 'Retailers open early'],
      ['2015-11-27', 'Stocks rise & bonds fall'],
      ['2015-11-28', 'Oil slips below $42'],
    ]);
    expect(placement).toMatchObject({ beforeClose: 2, afterClose: 1, afterEarlyClose: 1 });
    const [first] = at.read('feed.jsonl').split('\n');
    expect(JSON.parse(first)).toEqual({
      published: 'Fri, 27 Nov 2015 12:59:00 -0500',
      headline: 'Stocks rise & bonds fall',
      source: new URL(at.source.url).host,
      url: '',
    });
    expect(at.read('feed.jsonl')).not.toContain('SECRET');
  });

  it.each([
    [
      'Atom',
      ATOM,
      [
        ['2015-11-27', 'Fed raises rates'],
        ['2015-11-28', 'Banks gain'],
      ],
    ],
    ['RDF', RDF, [['2015-11-27', 'Exports grow']]],
    ['JSON Feed', JSON_FEED, [['2015-11-27', 'Wages rise']]],
  ])('in %s count from their publication, not from a later change', async (format, content, expected) => {
    at.source.answer = sends(content);
    expect(await pull()).toMatchObject({ format, headlines: expected.length, leftOut: 0 });
    const { rows } = await loaded();
    expect(rows.map(({ date, text }) => [date, text])).toEqual(expected);
    expect(at.read('feed.jsonl')).not.toContain('x.org/self');
  });

  const TITLE = 'Société Générale’s profit: 5 € a share';
  const page = (encoding: string) =>
    rss(item(TITLE, 'Fri, 27 Nov 2015 12:00:00 GMT'), `<?xml version="1.0" encoding="${encoding}"?>`);
  const windows = (text: string) =>
    Buffer.from(text.replaceAll('’', '\x92').replaceAll('€', '\x80'), 'latin1');
  it.each<[string, Buffer, Record<string, string>, string?]>([
    ['UTF-8', Buffer.from(page('UTF-8')), {}],
    ['UTF-8 with a mark', Buffer.from(`\uFEFF${page('UTF-8')}`), {}],
    ['UTF-16 with a mark', Buffer.from(`\uFEFF${page('UTF-16')}`, 'utf16le'), {}],
    ['Windows-1252', windows(page('windows-1252')), {}],
    ['Windows-1252 that calls itself ISO-8859-1', windows(page('ISO-8859-1')), {}],
    ['Windows-1252 that calls itself UTF-8', windows(page('UTF-8')), {}],
    [
      'the encoding that the header names',
      windows(page('shift_jis')),
      { 'content-type': 'text/xml; charset=windows-1252' },
    ],
    [
      'Shift JIS',
      Buffer.concat([
        Buffer.from(
          rss('<item><title>', '<?xml version="1.0" encoding="Shift_JIS"?>').replace('</channel></rss>', ''),
        ),
        Buffer.from([0x93, 0xfa, 0x8a, 0x94]),
        Buffer.from('</title><pubDate>Fri, 27 Nov 2015 12:00:00 GMT</pubDate></item></channel></rss>'),
      ]),
      {},
      '日株',
    ],
  ])('are read in %s', async (_, content, headers, expected = TITLE) => {
    at.source.answer = sends(content, headers);
    await pull();
    expect((await loaded()).rows[0].text).toBe(expected);
  });

  it('are none when the feed has none: no file is written', async () => {
    at.source.answer = sends(rss(''));
    expect(await pull()).toMatchObject({ headlines: 0, leftOut: 0 });
    expect(at.files()).toEqual([]);
  });
});

describe('an answer that is no feed', () => {
  const bomb = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>${rss(item('&b;', 'Fri, 27 Nov 2015 12:00:00 GMT'), '')}`;
  const external = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>${rss(item('&a;', 'Fri, 27 Nov 2015 12:00:00 GMT'), '')}`;
  it.each<[string, string | Buffer, Record<string, string>, RegExp]>([
    ['a page', '<!DOCTYPE html><html>SECRET</html>', {}, /is no feed \(RSS, Atom, RDF or JSON Feed\)/],
    ['nothing', '', {}, /is no feed/],
    ['a picture', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 0]), {}, /sent bytes that are no text/],
    ['entities that multiply', bomb, {}, /defines entities of its own/],
    ['an entity that names a file', external, {}, /defines entities of its own/],
    ['an encoding that does not exist', RSS, { 'content-type': 'text/xml; charset=klingon' }, /"klingon"/],
    ['more than is accepted', Buffer.alloc(17 * 2 ** 20, 32), {}, /longer than 16777216 bytes/],
  ])('but %s is refused at once', async (_, content, headers, words) => {
    at.source.answer = sends(content, headers);
    const { error, said } = await failureOf(pull());
    expect(error).toMatchObject({ kind: 'environment', message: expect.stringMatching(words) });
    expect(said).not.toContain('SECRET');
    expect(at.source.requests).toHaveLength(1);
    expect(at.files()).toEqual([]);
  });

  it.each([
    ['cut', RSS.slice(0, 500)],
    ['nested without an end', `<rss version="2.0"><channel>${'<a>'.repeat(100_000)}`],
    ['with tags that meddle with objects', rss('<item><__proto__><a>1</a></__proto__></item>')],
  ])('since it is %s is asked for again', async (_, content) => {
    at.source.answer = ({ count, send }) => send(count === 1 ? content : RSS);
    expect(await pull()).toMatchObject({ headlines: 3 });
    expect(at.notes).toEqual([expect.stringContaining('is cut or damaged; trying again')]);
  });
});

describe('the server of a feed', () => {
  it.each(passingFailures)(
    'that $name is asked again, and given up in the end',
    async ({ fault, words, tries, limits }) => {
      at.source.fault = (asked) => {
        if (asked.count > 2) return false;
        fault(asked, at);
        return true;
      };
      await pull({ limits });
      expect(at.notes).toHaveLength(2);
      at.source.requests.length = 0;
      at.source.fault = (asked) => {
        fault(asked, at);
        return true;
      };
      const { error, said } = await failureOf(pull({ limits, out: at.path('other.jsonl') }));
      expect(error).toMatchObject({ kind: 'environment', message: expect.stringMatching(words) });
      expect(at.source.requests).toHaveLength(tries);
      expect(said + at.notes.join()).not.toContain('SECRET');
      expect(at.files()).toEqual(['feed.jsonl']);
    },
  );

  it.each(lastingFailures)('that $name is given up at once', async ({ fault, words, tries }) => {
    at.source.fault = (asked) => {
      fault(asked, at);
      return true;
    };
    const { error, said } = await failureOf(pull());
    expect(error).toMatchObject({ kind: 'environment', message: expect.stringMatching(words) });
    expect(at.source.requests).toHaveLength(tries);
    expect(said).not.toContain('SECRET');
  });

  it.each([401, 403, 404, 410])('that answers %i is told once, with what to do', async (status) => {
    at.source.fault = ({ response }) => {
      response.writeHead(status).end('SECRET');
      return true;
    };
    const { error, said } = await failureOf(pull());
    expect(error).toMatchObject({
      kind: 'input',
      message: expect.stringMatching(/the feed was refused \(.*\): check its address in a browser/),
    });
    expect(said).not.toContain('SECRET');
    expect(at.source.requests).toHaveLength(1);
  });

  it('may redirect to another place', async () => {
    at.source.answer = ({ response }) =>
      response.writeHead(301, { location: `${at.source.elsewhere}/rss` }).end();
    at.source.answerElsewhere = sends(RSS);
    expect(await pull()).toMatchObject({ headlines: 3 });
  });
});

it.each([
  ['news.xml', 'is not the address of a feed'],
  ['file:///etc/passwd', 'is not the address of a feed'],
  ['https://me:secret@example.org/feed', 'has a user name or password in it: leave them out'],
])('the address %s is refused', async (address, words) => {
  const { error } = await failureOf(pullHeadlinesWith(at.limits, address, { out: at.path('x.jsonl') }));
  expect(error).toMatchObject({ kind: 'input', message: expect.stringContaining(words) });
  expect(error.message).not.toContain('secret');
});
