import { sharedPath } from '@fin/testkit';
import { describe, expect, it } from 'vitest';
import type { Sample } from '../src/index.js';
import {
  checkMarket,
  describeMarket,
  loadKaggle,
  loadPrices,
  loadSentences,
  makeSamples,
  splitChronologically,
  splitSentences,
  tradingDays,
  writeKaggleFiles,
} from '../src/index.js';
import { temporaryFolder } from './temporary-folder.js';

const kaggleDir = sharedPath('data', 'stocknews-djia');
const longPrices = sharedPath('data', 'djia-2000-2016', 'DJI_2000-01-03_2016-07-01.csv');
const phraseBank = sharedPath('data', 'financial-phrasebank');

function persistence(samples: readonly Sample[]): { mae: number; rmse: number; mape: number } {
  const mean = (error: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + error(sample), 0) / samples.length;
  const miss = ({ lastClose, targetClose }: Sample): number => Math.abs(targetClose - lastClose);
  return {
    mae: mean(miss),
    rmse: Math.sqrt(mean((sample) => miss(sample) ** 2)),
    mape: 100 * mean((sample) => miss(sample) / sample.targetClose),
  };
}

describe.skipIf(kaggleDir === null)('the Kaggle files (skipped where there are none)', async () => {
  const market = kaggleDir === null ? null! : await loadKaggle({ dir: kaggleDir });

  it('have the known size and oddities', () => {
    const check = checkMarket(market);
    expect(market.warnings).toEqual([]);
    expect(check).toMatchObject({
      days: 1989,
      headlines: 49_718,
      first: '2008-08-08',
      last: '2016-07-01',
      priceDays: 1989,
      labelsChecked: 1988,
      notCheckable: [{ date: '2008-08-08' }],
      staleRows: [{ date: '2015-11-27', repeats: '2015-11-25' }],
      missingDays: [],
      extraDays: [],
      newsWithoutPrice: [],
      pricesWithoutNews: [],
      inconsistentRows: [],
      adjustedRows: [],
      zeroVolumeDays: [],
    });
    expect(check.labelMismatches.map(({ date }) => date)).toEqual(['2014-04-24', '2015-11-27']);
    expect(check.emptyCells.map(({ date, rank }) => `${date} ${rank}`)).toEqual([
      '2009-09-15 23',
      '2009-09-15 24',
      '2009-09-15 25',
      '2009-12-24 24',
      '2009-12-24 25',
      '2011-04-21 24',
      '2011-04-21 25',
    ]);
    // After cleaning; 36 cells repeat another to the letter as published.
    expect(check.repeatedHeadlines).toHaveLength(44);
  });

  it('are cleaned of what their description lists', () => {
    expect(market.cleaning).toMatchObject({ bytesLiteral: 11_920, htmlEntities: 767 });
    const texts = market.headlines.array('text') as string[];
    expect(texts[0]).toBe("Georgia 'downs two Russian warplanes' as countries move to brink of war");
    expect(texts.filter((text) => /^b['"].*['"]$|\\[nrt']|[\n\t]|^\s|\s$|&(amp|gt|lt);/.test(text))).toEqual(
      [],
    );
  });

  it('give the samples of the study, and persistence its known errors', () => {
    const { train, validation, test } = splitChronologically(makeSamples(market));
    expect([train.length, validation.length, test.length]).toEqual([1339, 252, 378]);
    expect(test[0]).toMatchObject({ decisionDate: '2014-12-31', targetDate: '2015-01-02' });
    const { mae, rmse, mape } = persistence(test);
    expect([mae.toFixed(2), rmse.toFixed(2), mape.toFixed(3)]).toEqual(['125.61', '166.06', '0.728']);
  });

  it('are described', () => {
    const { returns, labels, news } = describeMarket(market);
    expect(labels).toEqual({ ones: 1065, zeros: 924 });
    expect(returns.best!.date).toBe('2008-10-13');
    expect(returns.worst!.date).toBe('2008-10-15');
    expect(news.headlinesPerDay).toMatchObject({ min: 22, max: 25 });
  });

  it('can be written and read again', async () => {
    const dir = temporaryFolder();
    await writeKaggleFiles(market, dir);
    expect((await loadKaggle({ dir })).fingerprint).toBe(market.fingerprint);
  });

  it.skipIf(longPrices === null)(
    'disagree with the longer series on the first label, and on no price',
    async () => {
      const { prices } = await loadPrices(longPrices!);
      const check = checkMarket(market, { prices });
      expect(check.labelMismatches.map(({ date }) => date)).toEqual([
        '2008-08-08',
        '2014-04-24',
        '2015-11-27',
      ]);
      expect(check.notCheckable).toEqual([]);
      expect(check.priceDisagreements).toEqual([]);

      const long = await loadKaggle({ dir: kaggleDir!, prices: longPrices! });
      expect(long.warnings).toEqual([]);
      const longCheck = checkMarket(long);
      expect(longCheck).toMatchObject({
        days: 1989,
        headlines: 49_718,
        priceDays: 4151,
        pricesWithoutNews: [],
      });
      expect(longCheck.labelMismatches).toHaveLength(3);
      expect(makeSamples(long)[0].decisionDate).toBe('2008-08-08');
    },
  );
});

describe.skipIf(longPrices === null)('the longer price series (skipped where there is none)', () => {
  it('has exactly the 4151 days of the NYSE calendar', async () => {
    const dates = (await loadPrices(longPrices!)).prices.array('date');
    expect(dates).toHaveLength(4151);
    expect(dates).toEqual(tradingDays('2000-01-03', '2016-07-01'));
  });
});

describe.skipIf(phraseBank === null)('Financial PhraseBank (skipped where there is none)', () => {
  it.each([
    ['AllAgree', 2264, 2259, 0],
    ['75Agree', 3453, 3448, 0],
    ['66Agree', 4217, 4211, 0],
    ['50Agree', 4846, 4836, 2],
  ])(
    '%s: %i lines, %i distinct sentences of one label, %i of two',
    async (name, lines, sentences, conflicts) => {
      const bank = await loadSentences(`${phraseBank}/Sentences_${name}.txt`);
      expect([bank.lines, bank.sentences.length, bank.conflicts.length]).toEqual([
        lines,
        sentences,
        conflicts,
      ]);
      const copies = [...bank.duplicates, ...bank.conflicts].reduce((sum, one) => sum + one.lines.length, 0);
      expect(bank.sentences.length - bank.duplicates.length + copies).toBe(bank.lines);
      const { train, validation, test } = splitSentences(bank.sentences);
      expect(train.length + validation.length + test.length).toBe(sentences);
    },
  );
});
