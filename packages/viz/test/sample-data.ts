import type { EpochRow, ForecastRow, SentimentRow } from '../src/index.js';

/** `n` weekdays from 2015-01-01 on. */
export function weekdays(n: number): string[] {
  const days: string[] = [];
  for (let time = Date.parse('2015-01-01'); days.length < n; time += 86_400_000) {
    const weekday = new Date(time).getUTCDay();
    if (weekday > 0 && weekday < 6) days.push(new Date(time).toISOString().slice(0, 10));
  }
  return days;
}

export function forecastRows(n: number): ForecastRow[] {
  const close = (i: number) => 17_000 + 400 * Math.sin(i / 9) + 90 * Math.sin(i * 2.4);
  return weekdays(n).map((targetDate, i) => ({
    targetDate,
    lastClose: close(i),
    actual: close(i + 1),
    predicted: close(i) + 12 * Math.sin(i * 1.7),
  }));
}

export function sentimentRows(n: number): SentimentRow[] {
  return weekdays(n).map((date, i) => ({
    date,
    close: 17_000 + 400 * Math.sin(i / 9),
    sentiment: 0.6 * Math.sin(i * 1.3),
  }));
}

export const epochRows: EpochRow[] = [
  { epoch: 1, trainLoss: 1.1, validationLoss: 1.2 },
  { epoch: 2, trainLoss: 0.8, validationLoss: 1.0 },
  { epoch: 3, trainLoss: 0.6, validationLoss: 1.1 },
];
