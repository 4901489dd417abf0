import type { Fold, Market, Sample } from '@fin/data';
import { makeSamples, walkForwardPeriod } from '@fin/data';
import { randomStreams } from '@fin/runtime';
import { beforeAll, describe, expect, it } from 'vitest';
import { forecastFold } from '../../src/backtest/fold-job.js';
import type { ForecasterSettings } from '../../src/index.js';
import { forecastBaselines, resolveSettings } from '../../src/index.js';
import { Forecaster } from '../../src/pipeline/forecaster.js';
import { newTextSource } from '../../src/text/open-text-source.js';
import type { SentimentScores } from '../../src/text/sentiment-scores.js';
import { writeTinyBert } from '../text/tiny-bert.js';
import { changedAfter } from './changed-market.js';
import { everyCase } from './every-case.js';
import { walkMarket, walkSettings } from './small-backtest.js';
import { temporaryFolder } from './temporary-folder.js';

const random = resolveSettings(walkSettings.forecaster);
const scored = resolveSettings({ ...walkSettings.forecaster, model: 'a-model' });
const folder = temporaryFolder();
let joint: ForecasterSettings;
beforeAll(async () => {
  const model = await writeTinyBert(folder, ['neutral', 'negative', 'positive']);
  joint = resolveSettings({ ...walkSettings.forecaster, text: 'joint', model });
});

const foldsOf = (market: Market) =>
  walkForwardPeriod(makeSamples(market), {
    from: walkSettings.from!,
    to: walkSettings.to!,
    refitEvery: 14,
    validationSize: 20,
    purge: 1,
    embargo: 1,
  });

/** Scores that depend on the text alone, as those of a frozen model do. */
function scoresOf(market: Market): SentimentScores {
  const texts = market.headlines.array('text') as string[];
  const scores = new Map(
    texts.map((text) => {
      const positive = ([...text].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 97) / 97;
      return [text, { positive, negative: 1 - positive, neutral: 0, score: 0, label: 'positive' as const }];
    }),
  );
  return { model: 'a-model', fingerprint: 'none', maxLength: 16, scores };
}

/** All that a fold learns and forecasts, except for outcomes of its last day, which is not known on its last decision day. */
async function outcome({ train, validation, test }: Fold<Sample>, market: Market) {
  const split = { train, validation, test };
  const all = [...train, ...validation, ...test];
  const learned = await Promise.all(
    [random, scored, joint].map(async (settings) => {
      const scores = settings === scored ? scoresOf(market) : null;
      const init = randomStreams(settings.seed).stream('init');
      const text = await newTextSource({ train, all }, settings, init, { scores: scores ?? undefined });
      const forecaster = Forecaster.fromTraining(train, settings, { text, init });
      const record = JSON.stringify(forecaster);
      forecaster.dispose();
      const { predictions, validationLoss } = await forecastFold(
        { settings, split, scores, pretrained: null },
        () => {},
      );
      return { record, validationLoss, predictions: predictions.map(({ actual: _, ...row }) => row) };
    }),
  );
  const baselines = forecastBaselines(split).map(({ model, validation: _, test: points }) => [
    model,
    points.map(({ predicted }) => predicted),
  ]);
  return { learned, baselines };
}

/** The outcomes of the folds of the unchanged market, each computed once. */
const unchanged = new Map<number, ReturnType<typeof outcome>>();
function outcomeOf(index: number): ReturnType<typeof outcome> {
  const known = unchanged.get(index) ?? outcome(foldsOf(walkMarket)[index], walkMarket);
  unchanged.set(index, known);
  return known;
}

describe('data after the last decision day of a fold', () => {
  const changes = [
    [0, 1.3],
    [1, 0.5],
  ] as const;
  it.each(everyCase ? changes : changes.slice(0, 1))(
    'change neither scalers, vocabulary, validation loss nor forecasts of fold %i',
    async (index, factor) => {
      const fold = foldsOf(walkMarket)[index];
      const lastDecision = fold.test.at(-1)!.decisionDate;
      const changed = changedAfter(walkMarket, lastDecision, factor);
      const other = foldsOf(changed)[index];
      expect(other.test.at(-1)!.targetClose).not.toBe(fold.test.at(-1)!.targetClose);
      expect(await outcome(other, changed)).toEqual(await outcomeOf(index));
    },
  );

  it('would be noticed: a change within the training days changes all of it', async () => {
    const [fold] = foldsOf(walkMarket);
    const changed = changedAfter(walkMarket, fold.train[30].decisionDate, 1.01);
    const [one, other] = [await outcomeOf(0), await outcome(foldsOf(changed)[0], changed)];
    for (const i of [0, 1, 2]) {
      expect(other.learned[i].record).not.toBe(one.learned[i].record);
      expect(other.learned[i].predictions).not.toEqual(one.learned[i].predictions);
    }
    expect(other.baselines).not.toEqual(one.baselines);
  });
});
