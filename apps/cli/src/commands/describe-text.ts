import type { MarketDescription, NumberSummary } from '@fin/data';
import { textTable } from '../io/table.js';

const row = (name: string, { min, median, mean, max, sd }: NumberSummary, digits: number): string[] => [
  name,
  ...[min, median, mean, max, sd].map((value) => value.toFixed(digits)),
];

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** A market's sizes, spans and distributions, for people. */
export function describeText({
  market,
  synthetic,
  signal,
  news,
  prices,
  returns,
  labels,
}: MarketDescription): string {
  return [
    `${market}${synthetic ? ` (made up; a tone of +1 adds ${signal} to the next day's log return)` : ''}`,
    `news    ${news.first} … ${news.last}: ${news.days} days, ${news.headlines} headlines, ${news.distinctHeadlines} distinct`,
    `prices  ${prices.first} … ${prices.last}: ${prices.days} days, close ${prices.firstClose} … ${prices.lastClose}, ` +
      `lowest ${prices.lowestClose.close} (${prices.lowestClose.date}), highest ${prices.highestClose.close} (${prices.highestClose.date})`,
    `days    ${percent(returns.upRate)} rose, ${returns.unchangedDays} unchanged; best ${percent(returns.best.logReturn)} ` +
      `(${returns.best.date}), worst ${percent(returns.worst.logReturn)} (${returns.worst.date})`,
    `labels  ${labels.ones} ones, ${labels.zeros} zeros`,
    '',
    textTable(
      ['', 'min', 'median', 'mean', 'max', 'sd'],
      [
        row('headlines a day', news.headlinesPerDay, 1),
        row('characters a headline', news.characters, 1),
        row('words a headline', news.words, 1),
        row('log return', returns.logReturn, 5),
      ],
    ),
  ].join('\n');
}
