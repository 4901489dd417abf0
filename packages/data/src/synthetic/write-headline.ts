import type { SeededRandom } from '../seeded-random.js';
import type { Tone } from './phrases.js';
import { endings, phrases, subjects } from './phrases.js';

/** A headline of a tone. */
export function writeHeadline(tone: Tone, random: SeededRandom): string {
  const pick = (choices: readonly string[]): string => choices[random.below(choices.length)];
  return `${pick(subjects)} ${pick(phrases[tone])}${pick(endings)}`;
}
