import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonScanError, JsonScanner } from '../../src/safetensors/index.js';

function accepts(text: string): boolean {
  try {
    const scanner = new JsonScanner(text);
    scanner.skip();
    scanner.end();
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(JsonScanError);
    return false;
  }
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('JsonScanner', () => {
  it('accepts what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        expect(accepts(text)).toBe(true);
      }),
    );
  });

  it('agrees with JSON.parse on damaged text, less what is refused on purpose', () => {
    const damaged = fc
      .tuple(
        fc.json({ maxDepth: 3 }),
        fc.nat(),
        fc.constantFrom(...'{}[]",:0123456789.eE+-\\utfn \t\n\u0001/'),
      )
      .map(([text, at, letter]) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + letter + text.slice(place + (at % 2));
      });
    fc.assert(
      fc.property(damaged, (text) => {
        const onPurpose = /\\u[dD][89a-fA-F]/.test(text);
        if (accepts(text)) expect(parses(text)).toBe(true);
        else if (parses(text) && !onPurpose)
          expect(() => new JsonScanner(text).skip()).toThrowError(/comes twice/);
      }),
      { numRuns: 2000 },
    );
  });

  it('decodes strings as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const escaped = JSON.stringify(text).replace(/[^ -~]/gu, (character) =>
          [...Array(character.length).keys()]
            .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`)
            .join(''),
        );
        expect(new JsonScanner(JSON.stringify(text)).string()).toBe(text);
        expect(new JsonScanner(escaped).string()).toBe(text);
      }),
    );
  });

  it('keeps all 64 bits of whole numbers, and refuses the 65th', () => {
    expect(new JsonScanner('18446744073709551615').unsigned()).toBe(2n ** 64n - 1n);
    for (const text of [
      '18446744073709551616',
      '9'.repeat(1000),
      '1.0',
      '1e3',
      '-1',
      '-0',
      '01',
      '',
      '"1"',
    ]) {
      expect(() => new JsonScanner(text).unsigned()).toThrowError(JsonScanError);
    }
  });

  it('refuses a key that comes twice, however it is written, and nesting without end', () => {
    expect(accepts('{"a":1,"\\u0061":2}')).toBe(false);
    expect(accepts('{"__proto__":1,"constructor":2}')).toBe(true);
    expect(accepts('['.repeat(128) + ']'.repeat(128))).toBe(true);
    expect(accepts('['.repeat(129) + ']'.repeat(129))).toBe(false);
    expect(accepts('['.repeat(1_000_000))).toBe(false);
  });
});
