import { epochDay, isoDateOf } from '../calendar/iso-date.js';
import { closingTime, REGULAR_CLOSE } from '../calendar/nyse-half-days.js';
import { exchangeZone, requireTimeZone } from '../calendar/time-zone.js';
import { inZone, onlyDates, readDates } from '../read/date-column.js';
import type { NamedColumns } from '../read/find-columns.js';
import { findColumns, requireColumn } from '../read/find-columns.js';
import { isMissing } from '../read/number-column.js';
import type { Moment } from '../read/parse-moment.js';
import { clocksOfDigits, isTimeOfDay } from '../read/parse-moment.js';
import type { RawTable } from '../read/raw-table.js';
import type { DroppedValue } from '../read/understanding.js';
import type { HeadlineCounts, HeadlineFileOptions, HeadlineRows, ReadHeadlines } from './headline-rows.js';
import { headlineText } from './headline-rows.js';
import { joinTimes } from './time-of-day.js';

/** Reads one headline per row: a date or timestamp, a text, and perhaps a source, a ticker, an address and a rank. */
export function longHeadlines(
  table: RawTable,
  options: HeadlineFileOptions,
  counts: HeadlineCounts,
): ReadHeadlines {
  const { timeOfDay, ...columns } = findColumns(
    table,
    ['time', 'timeOfDay', 'text', 'source', 'ticker', 'url', 'rank'],
    headlineRoles(table, options),
  );
  const timeIndex = requireColumn(table, columns, 'time');
  const textIndex = requireColumn(table, columns, 'text');
  const assumptions: string[] = [];
  const kept = ofTicker(table, columns.ticker, options.ticker, assumptions);
  const { filled, dropped } = withText(kept, timeIndex, textIndex, counts);
  const joined = timeOfDay !== undefined && timeOfDay !== timeIndex;
  const timed = joined ? joinTimes(filled, timeIndex, timeOfDay, assumptions, options.dateFormat) : filled;
  const { moments, written } = readDates(timed, timeIndex, options.dateFormat);
  const days = knownOn(moments, options.timeZone, assumptions);
  const times = { beforeClose: 0, afterClose: 0, afterEarlyClose: 0, withoutTime: 0 };
  const rows: HeadlineRows = { date: [], rank: [], text: [] };
  const perDay = new Map<string, number>();
  for (const [i, { cells }] of filled.rows.entries()) {
    const { date, place, early } = days[i];
    const rank = (perDay.get(date) ?? 0) + 1;
    perDay.set(date, rank);
    times[place] += 1;
    if (early) times.afterEarlyClose += 1;
    rows.date.push(date);
    rows.rank.push(rankCell(columns.rank === undefined ? '' : cells[columns.rank]) ?? rank);
    rows.text.push(cells[textIndex]);
  }
  return {
    rows,
    labels: [],
    columns: Object.fromEntries(
      Object.entries(joined ? { ...columns, timeOfDay } : columns).map(([role, index]) => [
        role,
        table.header.cells[index!].trim(),
      ]),
    ),
    dates: written,
    dropped,
    assumptions,
    times,
  };
}

/**
 * The columns that the caller names for headlines; those of prices are for other files. A column named as `time` that holds times of
 * day is joined to the dates.
 */
function headlineRoles(table: RawTable, { columns: named = {} }: HeadlineFileOptions): NamedColumns {
  const { time, timeOfDay, text, source, url, rank } = named;
  const others = { text, source, url, rank };
  if (time === undefined || timeOfDay !== undefined) return { time, timeOfDay, ...others };
  const { time: index } = findColumns(table, ['time'], { time });
  const cells = table.rows.map(({ cells }) => cells[index!].trim()).filter((cell) => !isMissing(cell));
  const onlyClocks = cells.length > 0 && (cells.every(isTimeOfDay) || clocksOfDigits(cells) !== null);
  return onlyClocks ? { timeOfDay: time, ...others } : { time, ...others };
}

/** Rows of a ticker, when the file has its headlines; else all. */
function ofTicker(
  table: RawTable,
  index: number | undefined,
  ticker: string | undefined,
  assumptions: string[],
): RawTable {
  if (index === undefined || ticker === undefined) return table;
  const rows = table.rows.filter(({ cells }) => cells[index].trim().toLowerCase() === ticker.toLowerCase());
  if (rows.length > 0) {
    assumptions.push(`only the ${rows.length} headlines of ${ticker} are used`);
    return { ...table, rows };
  }
  assumptions.push(`no headline is of ${ticker}, so those of all tickers are used`);
  return table;
}

/** The rows with a headline and a time, their texts cleaned. */
function withText(
  table: RawTable,
  timeIndex: number,
  textIndex: number,
  counts: HeadlineCounts,
): { filled: RawTable; dropped: DroppedValue[] } {
  const dropped: DroppedValue[] = [];
  const rows = table.rows.flatMap((row) => {
    const text = headlineText(row.cells[textIndex], counts);
    const noTime = row.cells[timeIndex].trim() === '';
    if (text === null || noTime) {
      dropped.push({ line: row.line, reason: text === null ? 'no headline' : 'no date' });
      return [];
    }
    return [{ ...row, cells: row.cells.map((cell, i) => (i === textIndex ? text : cell)) }];
  });
  return { filled: { ...table, rows }, dropped };
}

/** Day on which a headline counts, and why. */
interface Known {
  readonly date: string;
  readonly place: 'beforeClose' | 'afterClose' | 'withoutTime';
  /** Whether the close before it came early, so that an ordinary day's close would have come after it. */
  readonly early?: boolean;
}

/**
 * Day on which each headline is known. With a time: the day in New York, or the day after when it was published at the close or later
 * (16:00; 13:00 on half days). Without: its date, since the decision falls after that day's close. Samples move days without trading to the next trading day.
 */
function knownOn(moments: readonly Moment[], timeZone: string | undefined, assumptions: string[]): Known[] {
  if (timeZone !== undefined) requireTimeZone(timeZone);
  if (onlyDates(moments)) {
    if (moments.some(({ time }) => time !== null)) {
      assumptions.push('every time is midnight, so the column holds dates without times');
    }
    return moments.map(({ date }) => ({ date, place: 'withoutTime' }));
  }
  const assumed = timeZone ?? exchangeZone;
  if (moments.some(({ time, zone }) => time !== null && zone === null)) {
    assumptions.push(
      `times without a zone are those of ${assumed}${timeZone === undefined ? ' (--time-zone names another)' : ''}`,
    );
  }
  return moments.map((moment) => {
    if (moment.time === null) return { date: moment.date, place: 'withoutTime' };
    const { date, time } = inZone(moment, exchangeZone, assumed);
    if (time < closingTime(date)) return { date, place: 'beforeClose' };
    return {
      date: isoDateOf(epochDay(date)! + 1),
      place: 'afterClose',
      early: time < REGULAR_CLOSE,
    };
  });
}

/** The rank in a cell; null without one. */
function rankCell(cell: string): number | null {
  const rank = /^\s*\d{1,6}(\.0*)?\s*$/.test(cell) ? Number(cell) : 0;
  return rank >= 1 ? rank : null;
}
