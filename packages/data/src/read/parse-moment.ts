import { dayNumber, epochDay, isoDateOf } from '../calendar/iso-date.js';

const MS_PER_DAY = 86_400_000;
const MINUTES_PER_DAY = 1440;

/** Order of year, month and day in a date. */
export type DateOrder = 'YMD' | 'DMY' | 'MDY' | 'YDM';

/** Zone of a time: its difference from UTC in minutes, a zone of the IANA database, or null when none is written. */
export type WrittenZone = number | string | null;

/** A date, perhaps with a time of day, as it is written. */
export interface Moment {
  /** Date in the zone as written, YYYY-MM-DD. */
  readonly date: string;
  /** Milliseconds after midnight; null without a time. */
  readonly time: number | null;
  readonly zone: WrittenZone;
  /** Whether the cell is a number of seconds (or parts of them) since 1970. */
  readonly epoch: boolean;
}

/** A cell split into three parts of a date, whose order may be open, and the time. */
export interface DateParts {
  readonly parts: readonly [DatePart, DatePart, DatePart];
  /** Orders that the parts fit. */
  readonly orders: readonly DateOrder[];
  readonly time: number | null;
  readonly zone: WrittenZone;
}

interface DatePart {
  readonly value: number;
  readonly kind: 'month name' | 'year' | 'number';
}

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const monthPattern =
  /^(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?|dec(ember)?)$/i;
const weekdays =
  /\b(mon(day)?|tue(s(day)?)?|wed(nesday)?|thu(r(s(day)?)?)?|fri(day)?|sat(urday)?|sun(day)?)\b\.?,?/gi;

/** Zones by the short names that news sites write. Names that several zones share, such as IST, are left out. */
const zones: Readonly<Record<string, number | string>> = {
  z: 0,
  utc: 0,
  gmt: 0,
  et: 'America/New_York',
  est: -300,
  edt: -240,
  ct: 'America/Chicago',
  cdt: -300,
  mt: 'America/Denver',
  mdt: -360,
  pt: 'America/Los_Angeles',
  pst: -480,
  pdt: -420,
  cet: 60,
  cest: 120,
  jst: 540,
};

const clock =
  /(?<![\d:])(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?:\s*([ap])\.?m\b\.?)?(?:\s*(?:\(?(z|utc|gmt|[ecmp]t|[emp]dt|e?st|pst|cdt|cest|cet|jst)\b\)?|([+-])(\d{2}):?(\d{2})?(?!\d)))?/i;

/** Whether a cell holds a time of day and nothing else, such as `16:05`, `4:05 PM` or `16:05:30 UTC`. */
export function isTimeOfDay(cell: string): boolean {
  const found = clock.exec(cell);
  return found !== null && found[0].trim() === cell.trim() && timeOf(found) !== null;
}

/** The zone at the end of a column's name, such as `UTC` in `Time (UTC)`; null without one. */
export function headerZone(name: string): string | null {
  const [, zone] = /[\s_([]([a-z]{1,4})[)\]]?\s*$/i.exec(name) ?? [];
  return zone !== undefined && zone.toLowerCase() in zones ? zone.toUpperCase() : null;
}

/** Parses a number of seconds, milliseconds, microseconds or nanoseconds since 1970; null for other texts. */
export function parseEpoch(text: string): Moment | null {
  const match = /^(\d{9,19})(?:\.(\d+))?$/.exec(text);
  if (!match) return null;
  const digits = match[1].length;
  const power = digits <= 11 ? 3 : digits <= 14 ? 0 : digits <= 17 ? -3 : -6;
  const ms = Math.floor(Number(`${match[1]}.${match[2] ?? '0'}e${power}`));
  const day = Math.floor(ms / MS_PER_DAY);
  if (!Number.isFinite(ms) || Math.abs(day) > 1e6) return null;
  return { date: isoDateOf(day), time: ms - day * MS_PER_DAY, zone: 0, epoch: true };
}

const compactMoment = /^(\d{4})(\d{2})(\d{2})(?:[T ]?(\d{2})(\d{2})(\d{2})?(Z)?)?$/;

/**
 * Whether a cell of digits alone is a date and a time, such as `202007171605` or `20200717160500`. Such a number can also be
 * milliseconds since 1970, but a column of them is none: too few fit.
 */
export function isCompactTimestamp(cell: string): boolean {
  const [, year, month, day, hour, minute, second = '0'] = compactMoment.exec(cell) ?? [];
  if (hour === undefined || /\D/.test(cell)) return false;
  const isDay = epochDay(`${year}-${month}-${day}`) !== null;
  return isDay && /^(19|20)/.test(year) && Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
}

/**
 * Times of day that are written in digits alone, such as `1605` or `160530`, as `16:05` and `16:05:30`; null when a cell is something else.
 * Numbers without leading zeros, such as 930, can be minutes after midnight: they are times only where one is above 1439.
 */
export function clocksOfDigits(cells: readonly string[]): string[] | null {
  const haveDigits = (from: number, to = from) =>
    cells.every((cell) => /^\d+$/.test(cell) && cell.length >= from && cell.length <= to);
  const unpadded = haveDigits(1, 4) && cells.some((cell) => Number(cell) >= MINUTES_PER_DAY);
  if (!unpadded && !haveDigits(4) && !haveDigits(6)) return null;
  const clocks = cells.map((cell) => cell.padStart(4, '0').match(/../g)!.join(':'));
  return clocks.every(isTimeOfDay) ? clocks : null;
}

/** Splits a cell into the parts of its date and its time; null when it is no date that can be read. */
export function splitDate(cell: string): DateParts | null {
  const compact = compactMoment.exec(cell);
  const text = compact
    ? `${compact.slice(1, 4).join('-')}${compact[4] ? ` ${compact[4]}:${compact[5]}:${compact[6] ?? '00'}${compact[7] ?? ''}` : ''}`
    : cell;
  const found = clock.exec(text);
  const timed = found ? timeOf(found) : { time: null, zone: null };
  if (!timed) return null;
  const rest = (found ? `${text.slice(0, found.index)} ${text.slice(found.index + found[0].length)}` : text)
    .replace(weekdays, ' ')
    .replace(/\bat\b/gi, ' ')
    .replace(/(\d)(st|nd|rd|th)\b/gi, '$1')
    .replace(/(\d)T\s*$/, '$1')
    .replace(/(\d)T\s/, '$1 ')
    .replace(/^[\s,]+|[\s,]+$/g, '');
  const pieces =
    /^([\p{L}\d]+)(?:\.?,\s*|\.\s*|\s*[-/\s]\s*)([\p{L}\d]+)(?:\.?,\s*|\.\s*|\s*[-/\s]\s*)([\p{L}\d]+)\.?$/u.exec(
      rest,
    );
  const parts = pieces?.slice(1).map(partOf) ?? [];
  if (parts.length !== 3 || parts.includes(null)) return null;
  const three = parts as [DatePart, DatePart, DatePart];
  const orders = (['YMD', 'DMY', 'MDY', 'YDM'] as const).filter((order) => fits(three, order));
  return { parts: three, orders, ...timed };
}

function partOf(text: string): DatePart | null {
  if (monthPattern.test(text)) {
    return { value: monthNames.indexOf(text.slice(0, 3).toLowerCase()) + 1, kind: 'month name' };
  }
  if (/^\d{4}$/.test(text)) return { value: Number(text), kind: 'year' };
  return /^\d{1,2}$/.test(text) ? { value: Number(text), kind: 'number' } : null;
}

/** Whether each part can be what the order says. A number of two digits may be a year only where no part has four. */
function fits(parts: DateParts['parts'], order: DateOrder): boolean {
  const hasYear = parts.some(({ kind }) => kind === 'year');
  const hasName = parts.some(({ kind }) => kind === 'month name');
  return (
    parts.every(({ kind, value }, i) => {
      const letter = order[i];
      if (letter === 'Y') return kind === 'year' || (!hasYear && kind === 'number');
      if (letter === 'M') return kind === 'month name' || (!hasName && kind === 'number' && value <= 12);
      return kind === 'number' && value <= 31;
    }) && !(order === 'YDM' && hasYear && !hasName)
  );
}

function timeOf(found: RegExpExecArray): { time: number; zone: WrittenZone } | null {
  const [, hour, minute, second = '0', fraction = '', half, name, sign, offsetHours, offsetMinutes = '0'] =
    found;
  let hours = Number(hour);
  if (half !== undefined) {
    if (hours < 1 || hours > 12) return null;
    hours = (hours % 12) + (half.toLowerCase() === 'p' ? 12 : 0);
  }
  if (hours > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const time =
    ((hours * 60 + Number(minute)) * 60 + Number(second)) * 1000 +
    Math.floor(Number(`0.${fraction || '0'}`) * 1000);
  if (name !== undefined) {
    const zone = zones[name.toLowerCase()];
    return zone === undefined ? null : { time, zone };
  }
  if (sign === undefined) return { time, zone: null };
  const minutes = Number(offsetHours) * 60 + Number(offsetMinutes);
  return minutes > 14 * 60 || Number(offsetMinutes) > 59
    ? null
    : { time, zone: sign === '-' ? -minutes : minutes };
}

/** Years of two digits from 69 on are of the 20th century, as in POSIX. */
const fullYear = ({ kind, value }: DatePart): number =>
  kind === 'year' ? value : value >= 69 ? 1900 + value : 2000 + value;

/** The date of three parts in an order: YYYY-MM-DD, and whether there is such a day. */
export function dateOf(
  { parts }: DateParts,
  order: DateOrder,
): { readonly text: string; readonly exists: boolean } {
  const at = (letter: string): DatePart => parts[order.indexOf(letter)];
  const [year, month, day] = [fullYear(at('Y')), at('M').value, at('D').value];
  const text = [String(year).padStart(4, '0'), ...[month, day].map((n) => String(n).padStart(2, '0'))].join(
    '-',
  );
  const number = dayNumber(year, month, day);
  return { text, exists: month >= 1 && day >= 1 && !Number.isNaN(number) && isoDateOf(number) === text };
}
