import type { ColumnTable } from 'arquero';
import { table } from 'arquero';
import type { SeededRandom } from '../seeded-random.js';
import { seededRandom } from '../seeded-random.js';
import type { Tone } from './phrases.js';
import { endings, phrases, subjects } from './phrases.js';

/**
 * Writes the headlines of each day: half of them toned (rounded up), the others neutral, ranked at random. The number of
 * good ones among the toned is uniform from none to all, independent for each day.
 */
export function syntheticHeadlines(
  dates: readonly string[],
  headlinesPerDay: number,
  seed: number,
): { headlines: ColumnTable; tones: number[] } {
  const moods = seededRandom(seed, 'tone');
  const words = seededRandom(seed, 'words');
  const toned = tonedHeadlines(headlinesPerDay);
  const columns = { date: [] as string[], rank: [] as number[], text: [] as string[] };
  const tones: number[] = [];
  for (const date of dates) {
    const good = moods.below(toned + 1);
    tones.push((2 * good - toned) / toned);
    const day = Array.from({ length: headlinesPerDay }, (_, i): Tone => (i < good ? 1 : i < toned ? -1 : 0));
    for (const [i, tone] of words.shuffle(day).entries()) {
      columns.date.push(date);
      columns.rank.push(i + 1);
      columns.text.push(writeHeadline(tone, words));
    }
  }
  return { headlines: table(columns), tones };
}

/** Writes a headline of a tone. */
export function writeHeadline(tone: Tone, random: SeededRandom): string {
  const pick = (choices: readonly string[]): string => choices[random.below(choices.length)];
  return `${pick(subjects)} ${pick(phrases[tone])}${pick(endings)}`;
}

/**
 * Reads the tone of a synthetic day from its headlines: (good - bad) / (good + bad), 0 without toned headlines. It is the
 * output of a perfect sentiment model, for comparison with real ones.
 */
export function syntheticTone(headlines: readonly { readonly text: string }[]): number {
  const count = (tone: Tone): number =>
    headlines.filter(({ text }) => phrases[tone].some((phrase) => text.includes(phrase))).length;
  const [good, bad] = [count(1), count(-1)];
  return good + bad === 0 ? 0 : (good - bad) / (good + bad);
}

/** Number of a day's headlines that have a tone. The others are neutral. */
export function tonedHeadlines(headlinesPerDay: number): number {
  return Math.ceil(headlinesPerDay / 2);
}
