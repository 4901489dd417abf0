import type { ColumnTable } from 'arquero';
import { numbers, strings } from '../table-columns.js';
import type { MarketCheck } from './market-check.js';

/** Empty cells and repeated texts of the headlines of a market whose news days are given. */
export function checkHeadlines(
  headlines: ColumnTable,
  newsDays: readonly string[],
): Pick<MarketCheck, 'emptyCells' | 'repeatedHeadlines'> {
  const ranks = numbers(headlines, 'rank');
  const texts = strings(headlines, 'text');
  const highestRank = ranks.reduce((highest, rank) => Math.max(highest, rank), 0);
  const filled = new Set<string>();
  const places = new Map<string, { date: string; rank: number }[]>();
  for (const [i, date] of strings(headlines, 'date').entries()) {
    const place = { date, rank: ranks[i] };
    filled.add(`${date} ${place.rank}`);
    const known = places.get(texts[i]);
    if (known) known.push(place);
    else places.set(texts[i], [place]);
  }
  const everyCell = newsDays.flatMap((date) =>
    Array.from({ length: highestRank }, (_, i) => ({ date, rank: i + 1 })),
  );
  return {
    emptyCells: everyCell.filter(({ date, rank }) => !filled.has(`${date} ${rank}`)),
    repeatedHeadlines: [...places]
      .filter(([, found]) => found.length > 1)
      .map(([text, found]) => ({ text, places: found })),
  };
}
