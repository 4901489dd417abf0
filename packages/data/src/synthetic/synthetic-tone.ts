import type { Tone } from './phrases.js';
import { phrases } from './phrases.js';

/**
 * The tone of a synthetic day, read back from its headlines: (good - bad) / (good + bad), 0 when there is neither. What a
 * perfect sentiment model would say: tests compare models with it.
 */
export function syntheticTone(headlines: readonly { readonly text: string }[]): number {
  const count = (tone: Tone): number =>
    headlines.filter(({ text }) => phrases[tone].some((phrase) => text.includes(phrase))).length;
  const [good, bad] = [count(1), count(-1)];
  return good + bad === 0 ? 0 : (good - bad) / (good + bad);
}
