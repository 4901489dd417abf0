import { expect, it } from 'vitest';
import { lastClosedDay } from '../../src/index.js';

it.each([
  ['2016-07-01T20:29:59Z', '2016-06-30', 'half an hour after the close is not over, in summer'],
  ['2016-07-01T20:30:00Z', '2016-07-01', 'it is'],
  ['2016-12-01T21:29:59Z', '2016-11-30', 'in winter, an hour later in UTC'],
  ['2016-12-01T21:30:00Z', '2016-12-01', 'in winter'],
  ['2015-11-27T18:29:59Z', '2015-11-26', 'a half day, before 13:30'],
  ['2015-11-27T18:30:00Z', '2015-11-27', 'a half day, from 13:30 on'],
  ['2016-07-02T03:59:59Z', '2016-07-01', 'another day in UTC'],
  ['2016-07-03T12:00:00Z', '2016-07-02', 'a weekend'],
])('at %s the last day that is over is %s: %s', (now, day) => {
  expect(lastClosedDay(new Date(now))).toBe(day);
});
