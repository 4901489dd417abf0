import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import type { HeadlineFileOptions } from '../../src/index.js';
import { loadHeadlines, loadMarketFiles, makeSamples, tradingDays } from '../../src/index.js';
import { temporaryFolder } from '../temporary-folder.js';

const write = (content: string | Buffer, name = 'news.csv'): string =>
  join(temporaryFolder({ [name]: content }), name);

async function datesOf(content: string | Buffer, options?: HeadlineFileOptions): Promise<string[]> {
  return Array.from((await loadHeadlines(write(content), options)).headlines.array('date'), String);
}

describe('one headline per row', () => {
  const texts = ['Shares rise, again', 'Bank "sells" unit'];
  const quoted = texts.map((text) => `"${text.replaceAll('"', '""')}"`);
  const expected = [
    { date: '2020-07-16', rank: 1, text: texts[0] },
    { date: '2020-07-17', rank: 1, text: texts[1] },
  ];
  const rows = texts.map((title, i) => ({ date: `2020-07-${16 + i}`, title, source: 'Wire' }));

  it.each<[string, string | Buffer]>([
    ['CSV', `date,headline\n2020-07-16,${quoted[0]}\n2020-07-17,${quoted[1]}\n`],
    [
      'tabs, with quotation marks as they are',
      `Title\tPublished At\n${texts[0]}\t2020-07-16\n${texts[1]}\t2020-07-17\n`,
    ],
    ['JSON Lines', rows.map((row) => JSON.stringify(row)).join('\n')],
    [
      'Parquet',
      Buffer.from(
        parquetWriteBuffer({
          columnData: (['date', 'title', 'source'] as const).map((name) => ({
            name,
            data: rows.map((row) => row[name]),
            type: 'STRING' as const,
          })),
        }),
      ),
    ],
    ['dates written out', `Headlines,Time\n${quoted[0]},16 July 2020\n${quoted[1]},"Jul 17, 2020"\n`],
  ])('%s', async (_, content) => {
    const { headlines, ranked, labels } = await loadHeadlines(write(content));
    expect(headlines.objects()).toEqual(expected);
    expect(ranked).toBe(false);
    expect(labels.numRows()).toBe(0);
  });

  it('has columns that the caller names', async () => {
    const file = write(`was,wann\n${quoted[0]},2020-07-16\n${quoted[1]},2020-07-17\n`);
    await expect(loadHeadlines(file)).rejects.toThrow(
      'give --columns time=NAME; the file has the columns was, wann.',
    );
    const { headlines } = await loadHeadlines(file, { columns: { text: 'was', time: 'wann' } });
    expect(headlines.objects()).toEqual(expected);
  });

  it('keeps ranks of a column, and orders headlines without by their place', async () => {
    const { headlines } = await loadHeadlines(write('date,title,rank\n2020-07-16,b,2\n2020-07-16,a,1\n'));
    expect(headlines.array('text')).toEqual(['a', 'b']);
    const several = [write('date,title\n2020-07-16,a\n2020-07-16,b\n'), write('date,title\n2020-07-16,c\n')];
    expect((await loadHeadlines(several)).headlines.objects()).toEqual(
      ['a', 'b', 'c'].map((text, i) => ({ date: '2020-07-16', rank: i + 1, text })),
    );
  });
});

describe('the day on which a headline counts', () => {
  const one = (time: string): string => `time,title\n"${time}",a\n`;

  it.each([
    ['2020-07-17', '2020-07-17'],
    ['2020-07-17 15:59:59', '2020-07-17'],
    ['2020-07-17 16:00:00', '2020-07-18'],
    ['2020-07-17T19:59:59Z', '2020-07-17'],
    ['2020-07-17T20:00:00Z', '2020-07-18'],
    ['2020-01-17T20:59:59Z', '2020-01-17'],
    ['2020-01-17T21:00:00+00:00', '2020-01-18'],
    ['Fri, 17 July 2020 7:51 PM ET', '2020-07-18'],
    [' 7:51  AM ET Fri, 17 July 2020', '2020-07-17'],
    ['Fri, 17 Jul 2020 19:51:00 GMT', '2020-07-17'],
    ['Fri Jul 17 20:51:00 +0000 2020', '2020-07-18'],
    ['2020-07-18T04:30:00+09:00', '2020-07-17'],
    ['20200717T155900', '2020-07-17'],
    [String(Date.parse('2020-07-17T19:59:59Z') / 1000), '2020-07-17'],
    [String(Date.parse('2020-07-17T20:00:00Z')), '2020-07-18'],
    // Clocks changed on 8 March and 1 November 2020.
    ['2020-03-06T20:59:59Z', '2020-03-06'],
    ['2020-03-09T20:00:00Z', '2020-03-10'],
    ['2020-10-30T20:00:00Z', '2020-10-31'],
    ['2020-11-02T20:59:59Z', '2020-11-02'],
    // Half days: the exchange closed at 13:00.
    ['2020-11-27T17:59:59Z', '2020-11-27'],
    ['2020-11-27T18:00:00Z', '2020-11-28'],
    ['2020-12-24 12:59', '2020-12-24'],
    ['2020-12-24 13:00', '2020-12-25'],
    ['2019-07-03 14:00', '2019-07-04'],
    ['2020-07-02 14:00', '2020-07-02'],
    // Digits alone.
    ['20200717155959', '2020-07-17'],
    ['202007171600', '2020-07-18'],
  ])('%s: %s', async (time, date) => {
    expect(await datesOf(one(time))).toEqual([date]);
  });

  it('takes times without a zone as those of New York, and says so; another zone can be named', async () => {
    const file = write(one('2020-07-17 20:30:00'));
    const here = await loadHeadlines(file);
    expect(here.reports[0].assumptions).toEqual([
      'times without a zone are those of America/New_York (--time-zone names another)',
    ]);
    expect(here.placement).toEqual({ beforeClose: 0, afterClose: 1, afterEarlyClose: 0, withoutTime: 0 });
    const there = await loadHeadlines(file, { timeZone: 'Europe/London' });
    expect(there.placement).toEqual({ beforeClose: 1, afterClose: 0, afterEarlyClose: 0, withoutTime: 0 });
    await expect(loadHeadlines(file, { timeZone: 'Mars' })).rejects.toThrow('there is no time zone "Mars"');
  });

  it('counts headlines between the early close of a half day and 16:00', async () => {
    const times = ['2020-11-27 12:00', '2020-11-27 14:00', '2020-11-27 17:00', '2020-11-30 14:00'];
    const { placement } = await loadHeadlines(
      write(`time,title\n${times.map((time, i) => `${time},${i}`).join('\n')}\n`),
    );
    expect(placement).toEqual({ beforeClose: 2, afterClose: 2, afterEarlyClose: 1, withoutTime: 0 });
  });

  it('takes a column of midnights as dates', async () => {
    const loaded = await loadHeadlines(write('time,title\n2020-07-17 00:00:00,a\n2020-07-18 00:00:00,b\n'));
    expect(loaded.placement).toEqual({ beforeClose: 0, afterClose: 0, afterEarlyClose: 0, withoutTime: 2 });
  });

  it.each<[string, string, string, string?]>([
    ['Date,Time,title', '2020-07-17,15:59:59,a', '2020-07-17'],
    ['Date,Time,title', '2020-07-17,16:05,a', '2020-07-18'],
    ['time,DATE,title', '4:05 PM,2020-07-17,a', '2020-07-18'],
    ['Date,Time,title', '20200717,3:05 p.m.,a', '2020-07-17'],
    ['Date,Time,title', '"Jul 17, 2020",4:05 PM ET,a', '2020-07-18'],
    ['Date,Time,title', '2020-07-17 00:00:00,16:05:00,a', '2020-07-18'],
    ['Date,Time (UTC),title', '2020-07-17,19:59,a', '2020-07-17'],
    ['Date,Time (UTC),title', '2020-07-17,20:00,a', '2020-07-18'],
    ['Date,Time (PT),title', '2020-07-17,13:00,a', '2020-07-18'],
    ['Date,Time (UTC),title', '2020-07-17,15:59-04:00,a', '2020-07-17'],
    ['Date,Timestamp,title', '2020-07-17,2020-07-17T20:00:00Z,a', '2020-07-18'],
    ['Date,Published At,title', '2020-07-17,17/07/2020 16:00,a', '2020-07-18'],
    ['Date,Time,title', '2020-07-17,,a', '2020-07-17'],
    ['Date,Time,title', '2020-07-17,1559,a', '2020-07-17'],
    ['Date,Time,title', '2020-07-17,1605,a', '2020-07-18'],
    ['Date,Time,title', '2020-07-17,160000,a', '2020-07-18'],
    ['Date,Time (UTC),title', '2020-07-17,1959,a', '2020-07-17'],
    ['Day,wann,title', '2020-07-17,16:05,a', '2020-07-18', 'wann'],
  ])('joins a column of times to the dates: %s %s', async (header, row, date, time) => {
    const options = time === undefined ? {} : { columns: { time } };
    expect(await datesOf(`${header}\n${row}\n`, options)).toEqual([date]);
  });

  it('says which columns it joined, and which dates have no time', async () => {
    const { reports, placement } = await loadHeadlines(
      write('Day,At,title\n2020-07-17,9:00,a\n2020-07-17,,b\n2020-07-17,18:00,c\n'),
      { columns: { time: 'Day', timeOfDay: 'At' } },
    );
    expect(reports[0].columns).toEqual({ time: 'Day', timeOfDay: 'At', text: 'title' });
    expect(reports[0].assumptions).toContain(
      'dates of "Day" have the times of "At", which is empty in 1 of 3 rows',
    );
    expect(placement).toEqual({ beforeClose: 1, afterClose: 1, afterEarlyClose: 0, withoutTime: 1 });
  });

  it('keeps dates that have times of their own', async () => {
    const { reports, placement } = await loadHeadlines(write('Date,Time,title\n2020-07-17 17:00,09:00,a\n'));
    expect(placement.afterClose).toBe(1);
    expect(reports[0].assumptions).toContain('"Time" is not used, because "Date" has times of its own');
  });

  it('reads times of digits alone where no other meaning is left', async () => {
    const rows = (...times: string[]) =>
      `Date,Time,title\n${times.map((time, i) => `2020-07-17,${time},${i}`).join('\n')}\n`;
    expect(await datesOf(rows('930', '1605'))).toEqual(['2020-07-17', '2020-07-18']);
    expect(await datesOf(rows('5', '', '1605'))).toEqual(['2020-07-17', '2020-07-17', '2020-07-18']);
    for (const times of [
      ['930', '1200'],
      ['0930', '1661'],
      ['16', '9'],
      ['57600', '1605'],
    ]) {
      await expect(loadHeadlines(write(rows(...times))), times.join()).rejects.toThrow(
        /line 2, column "Time": "\d+" is not a time of day. Write it with a colon, as 16:05/,
      );
    }
  });

  it('refuses a column of times that holds something else', async () => {
    await expect(
      loadHeadlines(write('Date,Time,title\n2020-07-17,16:05,a\n2020-07-17,25:00,b\n')),
    ).rejects.toThrow(/line 3.*Time.*"25:00" is not a time of day/s);
  });

  it.each<[string, (time: Date) => string]>([
    ['one column', (time) => `${time.toISOString()},`],
    [
      'two columns, in UTC by the header',
      (time) => `${time.toISOString().slice(0, 10)},${time.toISOString().slice(11, 19)}`,
    ],
    ['two columns, in New York', (time) => newYork(time).join(',')],
  ])(
    'never lets a sample know a headline that was published at or after the close of its day: %s',
    async (style, written) => {
      const header = style.includes('header') ? 'Date,Time (UTC)' : 'Date,Time';
      const days = tradingDays('2020-02-03', '2020-12-31');
      const dir = temporaryFolder({
        'prices.csv': `Date,Close\n${days.map((day, i) => `${day},${100 + (i % 7)}`).join('\n')}`,
      });
      const start = Date.parse('2020-02-10T00:00:00Z');
      const length = 320 * 24 * 60;
      // Half days, on which the exchange closed at 13:00, are drawn more often than their share.
      const noons = ['2020-11-27', '2020-12-24'].map((day) => (Date.parse(`${day}T17:00Z`) - start) / 60_000);
      const minute = fc.oneof(
        fc.integer({ min: 0, max: length }),
        fc
          .tuple(fc.constantFrom(...noons), fc.integer({ min: 0, max: 300 }))
          .map(([noon, after]) => noon + after),
      );
      const instants = fc.array(minute, { minLength: 2, maxLength: 20 });
      await fc.assert(
        fc.asyncProperty(instants, async (minutes) => {
          // The first and the last one span trading days, whichever are drawn.
          const times = [1, ...minutes, length - 1].map((minute) => new Date(start + minute * 60_000));
          const lines = times.map((time, i) => `${written(time)},${i}`);
          writeFileSync(join(dir, 'news.csv'), `${header},title\n${lines.join('\n')}\n`);
          const market = await loadMarketFiles({
            prices: join(dir, 'prices.csv'),
            headlines: join(dir, 'news.csv'),
          });
          const placed = new Map(
            makeSamples(market, { window: 1, features: ['logReturn'] }).flatMap(
              ({ decisionDate, headlines }) =>
                headlines.map(({ text }) => [Number(text), decisionDate] as const),
            ),
          );
          for (const [i, decisionDate] of placed) {
            // Independent of the code under test: the difference from UTC by the law on summer time.
            const summer =
              times[i] >= new Date('2020-03-08T07:00:00Z') && times[i] < new Date('2020-11-01T06:00:00Z');
            const closeOf = (day: string) => (/11-27|12-24/.test(day) ? '13:00:00' : '16:00:00');
            const close = Date.parse(
              `${decisionDate}T${closeOf(decisionDate)}${summer ? '-04:00' : '-05:00'}`,
            );
            expect(times[i].getTime()).toBeLessThan(close);
            const before = days[days.indexOf(decisionDate) - 1];
            expect(times[i].getTime()).toBeGreaterThanOrEqual(
              Date.parse(`${before}T${closeOf(before)}-04:00`),
            );
          }
        }),
        { numRuns: 40 },
      );
    },
  );

  /** Date and time on the clocks of New York in 2020. */
  function newYork(time: Date): [string, string] {
    const summer = time >= new Date('2020-03-08T07:00:00Z') && time < new Date('2020-11-01T06:00:00Z');
    const wall = new Date(time.getTime() - (summer ? 4 : 5) * 3_600_000).toISOString();
    return [wall.slice(0, 10), wall.slice(11, 19)];
  }
});

describe('texts', () => {
  it('that say that there is no headline are absent, and counted', async () => {
    const words = ['nan', 'NaN', 'None', 'null', `b''`, 'b""""', '', ' '];
    const header = `Date,${words.map((_, i) => `Top${i + 1}`).join(',')},Top${words.length + 1}`;
    const cells = words.map((word) => (word.includes('"') ? `"${word}"` : word));
    const { headlines, cleaning, reports } = await loadHeadlines(
      write(`${header}\n2020-07-17,${cells.join(',')},None of them left\n`),
    );
    expect(headlines.array('text')).toEqual(['None of them left']);
    expect(cleaning.absent).toBe(words.length);
    expect(reports[0].assumptions).toEqual(['no column of labels: they are not needed to forecast']);
  });

  it.each([
    [
      'Windows-1252',
      Buffer.from('date,title\n2020-07-17,Zo\u00eb\u0092s caf\u00e9\n', 'latin1'),
      'Zoë’s café',
    ],
    ['ISO-8859-1', Buffer.from('date,title\n2020-07-17,Zo\u00eb\n', 'latin1'), 'Zoë'],
    ['UTF-8', Buffer.from('\ufeffdate,title\n2020-07-17,Zoë’s\n'), 'Zoë’s'],
  ])('are decoded: %s', async (encoding, content, text) => {
    const { headlines, reports, cleaning } = await loadHeadlines(write(content));
    expect(headlines.array('text')).toEqual([text]);
    expect(reports[0].encoding).toBe(encoding);
    expect(cleaning.mojibake).toBe(0);
  });

  it('that were decoded wrongly before are counted', async () => {
    const { cleaning } = await loadHeadlines(
      write('date,title\n2020-07-17,Bank pays Â£5\n2020-07-17,Itâ€™s over\n2020-07-17,À la carte\n'),
    );
    expect(cleaning.mojibake).toBe(2);
  });

  it('that are copies on one day are counted, and merged when asked', async () => {
    const lines = [
      '2020-07-16,Bank sells unit to rival',
      '2020-07-17,Bank sells unit to rival',
      '2020-07-17,Bank sells unit to rival',
      '2020-07-17,UPDATE 2-Bank sells unit to rival',
      '2020-07-17,BANK SELLS UNIT TO RIVAL! - Reuters',
      '2020-07-17,Bank sells 1.5 % of unit to rival',
      '2020-07-17,Bank sells 15 % of unit to rival',
    ];
    const file = write(`date,title\n${lines.join('\n')}\n`);
    const counted = await loadHeadlines(file);
    expect(counted.copies).toEqual({ exact: 1, nearIdentical: 2, merged: false });
    expect(counted.headlines.numRows()).toBe(7);
    const merged = await loadHeadlines(file, { deduplicate: true });
    expect(merged.headlines.numRows()).toBe(4);
  });
});
