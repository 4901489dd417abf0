import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBytesLiteral } from '../../src/clean/decode-bytes-literal.js';
import { cleanHeadline } from '../../src/index.js';

describe('decodeBytesLiteral', () => {
  it.each([
    [`b'plain'`, 'plain'],
    [`b"it's"`, "it's"],
    [String.raw`b'it\'s "it"'`, `it's "it"`],
    [String.raw`b'a\r\nb\tc\\d'`, 'a\r\nb\tc\\d'],
    [String.raw`b'\xe2\x82\xac5'`, '€5'],
    [String.raw`b'caf\xe9'`, 'café'],
    [String.raw`b'\101\60'`, 'A0'],
    [String.raw`b'\w stays'`, String.raw`\w stays`],
    [` b'outer space' `, 'outer space'],
    [`b''`, ''],
    [`b'café’s'`, 'café’s'], // Python writes ASCII, but the file may have been edited
  ])('decodes %s', (cell, text) => {
    expect(decodeBytesLiteral(cell)).toBe(text);
  });

  it.each([
    `b'it's no literal'`,
    `b'never ends`,
    String.raw`b'ends in a backslash\'`,
    String.raw`b'\xg0'`,
    `bare b'inside'`,
    'b',
    "b'",
    '',
  ])('leaves %s', (cell) => {
    expect(decodeBytesLiteral(cell)).toBe(cell);
  });
});

describe('cleanHeadline', () => {
  it.each([
    ['  two  \n lines\t', 'two lines'],
    ['AT&amp;T &gt; &#39;x&#39;', "AT&T > 'x'"],
    ['escaped twice &amp;rsquo;', 'escaped twice ’'],
    ['AT&T ?a=1&para=2', 'AT&T ?a=1&para=2'],
    ['no&nbsp;break', 'no break'],
    [String.raw`b'line\r\n'`, 'line'],
    [' \n ', ''],
    ["b''", ''],
  ])('%j becomes %j', (cell, text) => {
    expect(cleanHeadline(cell)).toBe(text);
  });

  it('counts what it changes', () => {
    const counts = { bytesLiteral: 0, htmlEntities: 0, whiteSpace: 0 };
    for (const cell of ["b'a &amp; b '", 'plain', ' c']) cleanHeadline(cell, counts);
    expect(counts).toEqual({ bytesLiteral: 1, htmlEntities: 1, whiteSpace: 2 });
  });

  it('has no outer white space and no newline in anything it returns', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (cell) => {
        expect(cleanHeadline(cell)).toMatch(/^(\S( ?\S)*)?$/u);
      }),
    );
  });
});
