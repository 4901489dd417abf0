import type { LeadLagRow } from './lead-lag-table.js';

/** One sentence that says with which returns the sentiment goes. */
export function summarize(rows: readonly LeadLagRow[], level: number): string {
  if (rows.every(({ r }) => r === null)) {
    return 'Sentiment or returns are the same every day, so they have no correlation.';
  }
  const related = rows.filter(({ adjustedPValue }) => adjustedPValue !== null && adjustedPValue < 1 - level);
  const same = related.filter(({ lag }) => lag === 0);
  const later = related.filter(({ lag }) => lag > 0);
  const earlier = related.filter(({ lag }) => lag < 0);
  const next = rows.find(({ lag }) => lag === 1);
  if (related.length === 0) {
    const nearest = [
      ['the same day', rows.find(({ lag }) => lag === 0)],
      ['the next', next],
    ] as const;
    const figures = nearest.flatMap(([day, row]) =>
      row?.r == null ? [] : [`${day} (correlation ${row.r.toFixed(2)}), `],
    );
    return `Sentiment has no visible relation to the return of ${figures.join('')}or any other of these days.`;
  }
  const parts = [
    ...(earlier.length > 0 ? [`returns before it (${listed(earlier)})`] : []),
    ...(same.length > 0 ? [`the same day’s return (${listed(same)})`] : []),
    ...(later.length > 0 ? [`later returns (${listed(later)})`] : []),
  ];
  const notNext =
    next === undefined || next.r === null || later.includes(next)
      ? ''
      : `, not with the next day’s (${listed([next])})`;
  return `Sentiment goes with ${parts.join(', and with ')}${notNext}.`;
}

const listed = (rows: readonly LeadLagRow[]): string =>
  rows
    .map(({ lag, r }) => `${lag === 0 ? '' : `${dayName(lag)}: `}correlation ${(r as number).toFixed(2)}`)
    .join('; ');

const dayName = (lag: number): string => `t${lag > 0 ? '+' : '−'}${Math.abs(lag)}`;
