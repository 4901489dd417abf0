import { pythonPattern } from './python-pattern.js';

/**
 * The value of the first pattern that the end of a module's name matches, by PEFT's rule (`get_pattern_key` in its
 * utils/other.py).
 *
 * @param setting name of the setting the patterns come from
 */
export function patternValue(
  patterns: Readonly<Record<string, number>>,
  module: string,
  setting: string,
): number | undefined {
  return Object.entries(patterns).find(([pattern]) => matchesEnd(pattern, module, setting))?.[1];
}

/** Whether the end of a module's name, from a dot on, matches. */
export function matchesEnd(pattern: string, module: string, setting: string): boolean {
  return pythonPattern(pattern, { name: setting }, (source) => `^(.*\\.)?(${source})$`).test(module);
}
