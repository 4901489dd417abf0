import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { epochDay, isoDateOf, weekday } from '../../src/calendar/iso-date.js';
import { closingTime, isHalfDay } from '../../src/calendar/nyse-half-days.js';
import { easterSunday } from '../../src/calendar/nyse-holidays.js';
import { closureReason, isTradingDay, nextTradingDay, tradingDays } from '../../src/index.js';

describe('dates', () => {
  it('refuses days that do not exist', () => {
    expect(epochDay('2015-02-30')).toBeNull();
    expect(epochDay('2015-02-29')).toBeNull();
    expect(epochDay('2015-13-01')).toBeNull();
    expect(epochDay('2015-00-10')).toBeNull();
    expect(epochDay('2015-1-1')).toBeNull();
    expect(epochDay('0050-01-01')).toBeNull();
    expect(epochDay('2016-02-29')).toBe(16_860);
  });

  it('knows weekdays before and after 1970', () => {
    expect(weekday(epochDay('1969-07-20')!)).toBe(0);
    expect(weekday(epochDay('2016-07-01')!)).toBe(5);
  });

  it('finds Easter', () => {
    const known = ['2000-04-23', '2008-03-23', '2011-04-24', '2016-03-27', '2019-04-21', '2038-04-25'];
    expect(known.map((date) => isoDateOf(easterSunday(Number(date.slice(0, 4)))))).toEqual(known);
  });
});

describe('the NYSE calendar', () => {
  it.each<[string, string | null, string]>([
    ['2011-12-26', 'Christmas Day', 'Sunday kept on Monday'],
    ['2010-12-24', 'Christmas Day', 'Saturday kept on Friday'],
    ['2010-12-31', null, "New Year's Day on a Saturday is not kept"],
    ['2012-01-02', "New Year's Day", 'Sunday kept on Monday'],
    ['2015-07-03', 'Independence Day', 'Saturday kept on Friday'],
    ['2016-03-25', 'Good Friday', ''],
    ['2016-05-30', 'Memorial Day', 'last Monday of May'],
    ['2015-05-25', 'Memorial Day', 'last Monday of May, which is not the fourth from a first Monday'],
    ['2012-11-22', 'Thanksgiving Day', 'fourth, not last, Thursday'],
    ['2012-11-23', null, 'half day'],
    ['2021-06-18', null, 'Juneteenth was not kept before 2022'],
    ['2022-06-20', 'Juneteenth', 'Sunday kept on Monday'],
    ['2001-09-11', 'attacks of September 11', ''],
    ['2001-09-14', 'attacks of September 11', ''],
    ['2001-09-17', null, ''],
    ['2004-06-11', 'mourning for Ronald Reagan', ''],
    ['2007-01-02', 'mourning for Gerald Ford', ''],
    ['2012-10-29', 'Hurricane Sandy', ''],
    ['2012-10-30', 'Hurricane Sandy', ''],
    ['2016-07-02', 'weekend', ''],
  ])('%s: %s (%s)', (date, reason, _why) => {
    expect(closureReason(date)).toBe(reason);
    expect(isTradingDay(date)).toBe(reason === null);
  });

  it.each([
    // From the exchange's published calendars.
    [2008, 253],
    [2009, 252],
    [2010, 252],
    [2011, 252],
    [2012, 250],
    [2013, 252],
    [2014, 252],
    [2015, 252],
    [2016, 252],
    [2021, 252],
    [2022, 251],
    [2023, 250],
  ])('%i has %i trading days', (year, days) => {
    expect(tradingDays(`${year}-01-01`, `${year}-12-31`)).toHaveLength(days);
  });

  it('goes on after a closure', () => {
    expect(nextTradingDay('2012-10-26')).toBe('2012-10-31');
    expect(nextTradingDay('2016-07-01')).toBe('2016-07-05');
    expect(tradingDays('2012-10-26', '2012-10-31')).toEqual(['2012-10-26', '2012-10-31']);
    expect(tradingDays('2012-10-31', '2012-10-26')).toEqual([]);
  });

  it('says which days it does not know', () => {
    expect(() => isTradingDay('1997-12-31')).toThrow(
      '"1997-12-31" is not a day that the NYSE calendar covers. Give a day from 1998-01-01 on, written YYYY-MM-DD.',
    );
    expect(() => nextTradingDay('2015-02-30')).toThrow('not a day');
  });
});

describe('half days of the NYSE', () => {
  const fixture = new URL('../fixtures/half-days.json', import.meta.url);
  const { first, last, sessions, halfDays } = JSON.parse(readFileSync(fixture, 'utf8'));

  it('are those of exchange_calendars, among the same trading days', () => {
    const days = tradingDays(first, last);
    expect(days).toHaveLength(sessions);
    expect(days.filter(isHalfDay)).toEqual(halfDays);
  });

  it('close at 13:00, other days at 16:00', () => {
    expect(closingTime('2015-11-27')).toBe(13 * 3_600_000);
    expect(closingTime('2015-11-25')).toBe(16 * 3_600_000);
    for (const closed of ['2015-07-03', '2010-12-24', '2016-12-24'])
      expect(isHalfDay(closed), closed).toBe(false);
  });

  it('are not known before the calendar', () => {
    expect(isHalfDay('1997-11-28')).toBe(false);
    expect(isHalfDay('not a day')).toBe(false);
  });
});
