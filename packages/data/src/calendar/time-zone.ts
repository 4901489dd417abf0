import { DataInputError, quote } from '../errors.js';

const HOUR = 3_600_000;
const formatters = new Map<string, Intl.DateTimeFormat>();
const offsets = new Map<string, number>();

/** Zone of the New York Stock Exchange. */
export const exchangeZone = 'America/New_York';

/** Milliseconds that a zone's clocks are ahead of UTC at an instant. Zones change their clocks at full hours of UTC, so hours are cached. */
function offsetAt(zone: string, instant: number): number {
  const hour = Math.floor(instant / HOUR);
  const key = `${zone} ${hour}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  const parts = Object.fromEntries(
    formatter(zone)
      .formatToParts(hour * HOUR)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const wall = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
  const offset = wall - hour * HOUR;
  offsets.set(key, offset);
  return offset;
}

function formatter(zone: string): Intl.DateTimeFormat {
  let made = formatters.get(zone);
  if (!made) {
    const number = 'numeric' as const;
    made = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: number,
      month: number,
      day: number,
      hour: number,
      minute: number,
      second: number,
    });
    formatters.set(zone, made);
  }
  return made;
}

/** Time that a zone's clocks show at an instant, as milliseconds of a clock that ignores zones. */
export const wallTime = (zone: string, instant: number): number => instant + offsetAt(zone, instant);

/** Instant at which a zone's clocks show a time. Of two such instants, in autumn, the earlier or the later one. */
export function instantOf(zone: string, wall: number): number {
  const guess = wall - offsetAt(zone, wall);
  return wall - offsetAt(zone, guess);
}

/** @throws DataInputError when there is no such zone */
export function requireTimeZone(zone: string): void {
  try {
    formatter(zone);
  } catch (cause) {
    throw new DataInputError(`there is no time zone ${quote(zone)}`, {
      fix: 'Give its name in the IANA database, such as Europe/London or UTC.',
      cause,
    });
  }
}
