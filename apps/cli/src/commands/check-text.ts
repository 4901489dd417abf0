import type { MarketCheck } from '@fin/data';

/** Entries of one finding that are listed; `--json` has them all. */
const LISTED = 5;

const finding = <T>(what: string, items: readonly T[], show: (item: T) => string): string => {
  if (items.length === 0) return `  none   ${what}`;
  const more = items.length > LISTED ? ` … and ${items.length - LISTED} more (--json lists all)` : '';
  return `  ${String(items.length).padStart(4)}   ${what}: ${items.slice(0, LISTED).map(show).join(', ')}${more}`;
};

const dated = ({ date }: { readonly date: string }): string => date;
const itself = (date: string): string => date;

/** What was found, for people: every finding with its first dates. */
export function checkText(check: MarketCheck): string {
  return [
    `${check.market}${check.synthetic ? ' (made up)' : ''}`,
    `${check.days} days of news with ${check.headlines} headlines, ${check.first} … ${check.last}`,
    `${check.priceDays} days of prices, ${check.firstPrice} … ${check.lastPrice}`,
    `fingerprint ${check.fingerprint}`,
    '',
    `Labels (${check.labelsChecked} could be checked)`,
    finding('disagree with "rose or stayed the same"', check.labelMismatches, dated),
    finding('not checkable', check.notCheckable, ({ date, reason }) => `${date} (${reason})`),
    'Prices',
    finding('stale (close and volume of the day before)', check.staleRows, dated),
    finding('trading days missing', check.missingDays, itself),
    finding(
      'days on which the exchange was closed',
      check.extraDays,
      ({ date, reason }) => `${date} (${reason})`,
    ),
    finding('with low or high out of order', check.inconsistentRows, dated),
    finding('adjusted close differs from close', check.adjustedRows, dated),
    finding('zero volume', check.zeroVolumeDays, itself),
    finding(
      'disagree with the other price series',
      check.priceDisagreements,
      ({ date, column }) => `${date} ${column}`,
    ),
    'News',
    finding('empty cells', check.emptyCells, ({ date, rank }) => `${date} Top${rank}`),
    finding('headlines that occur more than once', check.repeatedHeadlines, ({ places }) =>
      places.map(dated).join(' = '),
    ),
    finding('news days without a price', check.newsWithoutPrice, itself),
    finding('price days without news', check.pricesWithoutNews, itself),
  ].join('\n');
}
