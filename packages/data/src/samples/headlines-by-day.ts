import type { Market } from '../market.js';
import { numbers, strings } from '../table-columns.js';
import type { Headline } from './sample.js';

type News = Pick<Market, 'headlines' | 'labels'>;

/** Days of news, in order: those with a headline, and those with a label. */
export function newsDays({ headlines, labels }: News): string[] {
  return [...new Set([...strings(labels, 'date'), ...strings(headlines, 'date')])].sort();
}

/** First and last day of news; null without news. */
export function newsSpan(news: News): { readonly first: string; readonly last: string } | null {
  const days = newsDays(news);
  return days.length === 0 ? null : { first: days[0], last: days[days.length - 1] };
}

/** Groups headlines by the first trading day on or after their date. Drops those before the first or after the last price. */
export function headlinesByTradingDay(
  market: Pick<Market, 'headlines'>,
  tradingDays: readonly string[],
): Map<string, Headline[]> {
  const ranks = numbers(market.headlines, 'rank');
  const texts = strings(market.headlines, 'text');
  const days = new Map<string, Headline[]>();
  let next = 0;
  for (const [i, date] of strings(market.headlines, 'date').entries()) {
    if (date < tradingDays[0]) continue;
    while (next < tradingDays.length && tradingDays[next] < date) next++;
    if (next === tradingDays.length) break;
    const headline = { text: texts[i], rank: ranks[i], date };
    const day = days.get(tradingDays[next]);
    if (day) day.push(headline);
    else days.set(tradingDays[next], [headline]);
  }
  return days;
}
