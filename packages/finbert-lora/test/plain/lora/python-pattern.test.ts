import { describe, expect, it } from 'vitest';
import { parseLoraConfig } from '../../../src/lora/adapter-config.js';
import { createLoraConfig } from '../../../src/lora/index.js';
import { matchTarget } from '../../../src/lora/match-target.js';
import { pythonPattern } from '../../../src/lora/python-pattern.js';
import { fixture } from '../../support/fixture.js';

const query = 'bert.encoder.layer.0.attention.self.query';
/** Each of these takes JavaScript's own engine longer than the age of the universe. */
const ENDLESS = ['^(([a-z.0-9_])+.)+[A-Z]$', '((a?){30}){30}b.*', '(.*.*.*)*X', '(?:(?:[a-z]+)+\\.)+[A-Z]'];
/** Slow machines included; with JavaScript's engine none of them ends. */
const SOON_MS = 5000;

const timed = (act: () => unknown): number => {
  const start = performance.now();
  act();
  return performance.now() - start;
};

describe("regular expressions from an adapter's settings", () => {
  it.each(ENDLESS)('%s ends soon in every setting', (pattern) => {
    const settings = [
      { targetModules: pattern },
      { excludeModules: pattern },
      { modulesToSave: [pattern] },
      { targetModules: ['query'], layersToTransform: [0], layersPattern: [pattern] },
    ];
    for (const each of settings) {
      const name = query.repeat(3);
      expect(timed(() => matchTarget(createLoraConfig(each), name))).toBeLessThan(SOON_MS);
    }
    expect(timed(() => createLoraConfig({ rankPattern: { [pattern]: 2 } }))).toBeLessThan(SOON_MS);
  });

  it('cannot grow without end either', () => {
    for (const pattern of ['((a{1000}){1000}){1000}', 'a'.repeat(1001), '('.repeat(900) + ')'.repeat(900)]) {
      const make = () => {
        try {
          createLoraConfig({ targetModules: pattern });
        } catch (error) {
          expect(error).toMatchObject({ kind: 'input' });
        }
      };
      expect(timed(make)).toBeLessThan(SOON_MS);
    }
    const many = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`layer${i}`, 2]));
    expect(() => createLoraConfig({ rankPattern: many })).toThrow(/at most 1000/);
  });

  it.each([
    ['(?=a)b', /lookahead/],
    ['(?!a)b', /lookahead/],
    ['(?<=a)b', /lookbehind/],
    ['(?<!a)b', /lookbehind/],
    ['(a)\\1', /backreferences/],
    ['(?P<x>a)(?P=x)', /backreferences/],
    ['(?>a)b', /not supported/],
    ['a++', /invalid|nested/],
  ])('%s is refused, naming file and field', (pattern, reason) => {
    const parse = () =>
      parseLoraConfig({ peft_type: 'LORA', target_modules: pattern }, 'dir/adapter_config.json');
    expect(parse).toThrow(/^dir\/adapter_config\.json: target_modules holds "/);
    expect(parse).toThrow(reason);
  });

  const { names, patterns } = fixture<{ names: string[]; patterns: [string, (boolean | null)[]][] }>(
    'as-loaded/patterns.json',
  );

  it.each(patterns)('%s matches what it matches in Python', (pattern, expected) => {
    const actual = names.map((name) => {
      try {
        return pythonPattern(pattern, { name: 'targetModules' }).matches(name);
      } catch {
        return null;
      }
    });
    expect(actual).toEqual(expected);
  });
});
