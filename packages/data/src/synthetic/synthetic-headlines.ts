import type { ColumnTable } from 'arquero';
import { table } from 'arquero';
import { seededRandom } from '../seeded-random.js';
import { tonedHeadlines } from './constants.js';
import type { Tone } from './phrases.js';
import { writeHeadline } from './write-headline.js';

/**
 * A day's headlines: half of them toned (rounded up), the others neutral, in random order of rank. The number of good
 * ones among the toned is uniform from none to all, and each day's is drawn by itself.
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
