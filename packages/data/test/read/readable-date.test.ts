import { expect, it } from 'vitest';
import { isReadableDate } from '../../src/index.js';

it.each([
  'Fri, 27 Nov 2015 16:05:00 EST',
  'Fri, 27 Nov 2015 16:05 -0500',
  '27 Nov 2015 16:05:00 GMT',
  '2015-11-27T16:05:00-05:00',
  '2015-11-27T16:05:00.123Z',
  '2015-11-27',
  ' November 27, 2015 ',
])('%j can be read by itself', (text) => expect(isReadableDate(text)).toBe(true));

it.each([
  '',
  'yesterday',
  '11/12/2015',
  '2015-02-30',
  'Fri, 27 Nov 2015 16:05:00 XYZ',
  '27 Nov 15',
  '9999-01-01',
])('%j cannot', (text) => expect(isReadableDate(text)).toBe(false));
