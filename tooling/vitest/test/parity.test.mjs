import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parity } from '../index.mjs';
import { parityTables } from '../parity.mjs';

const { Close: close, Equal: equal } = parityTables();
const source = (path) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

describe('docs/parity.md', () => {
  it('has rows, each under a name of its own', () => {
    expect(close.length).toBeGreaterThan(10);
    expect(equal.length).toBeGreaterThan(5);
    expect(new Set(close.map(([name]) => name)).size).toBe(close.length);
  });

  it.each(close)(
    '%s is what the test that it names asks for',
    (name, _what, _reference, _relative, _absolute, test) => {
      const { rtol, atol } = parity(name);
      expect(rtol + atol).toBeGreaterThan(0);
      expect(source(test)).toContain(`parity('${name}')`);
    },
  );

  it.each(equal)('%s (%s) is tested where it says', (_what, _reference, test, title) => {
    expect(source(test)).toContain(title);
  });

  it('is asked for known rows only', () => {
    expect(() => parity('nothing')).toThrow('docs/parity.md has no row nothing');
  });
});
