import { createHash } from 'node:crypto';
import { basename, resolve } from 'node:path';
import type { RunEnvironment } from '@fin/amp';
import { describeEnvironment } from '@fin/amp';
import type { LabelledSentence, Sample, Split } from '@fin/data';
import { makeSamples, splitChronologically, splitNames, splitSentences } from '@fin/data';
import type { RunData } from '@fin/forecast';
import { describeRunData, sampleOptions } from '@fin/forecast';
import type { OpenedRun, UnfinishedRun } from '@fin/run';
import { dataPaths } from '@fin/run';
import type { TuningData } from '@fin/sentiment';
import { describeTuningData, modelOfRun, tunableFingerprint } from '@fin/sentiment';
import type { CompareOptions } from './compare-options.js';
import { ComparisonInputError } from './errors.js';
import type { ComparisonData } from './measure/measure.js';
import type { ComparisonSettings } from './settings.js';
import { forecasterSettings } from './settings.js';
import type { JobName } from './variants.js';

/** `data.json` of a comparison: the data of each job, null for a job that is not measured. */
export interface ComparisonDataRecord {
  /** sha256 over the data of the jobs. */
  readonly fingerprint: string;
  readonly sentiment: TuningData | null;
  readonly forecast: RunData | null;
}

/** Inputs of a comparison, opened before its folder is touched. */
export interface OpenedComparison extends OpenedRun, ComparisonData {
  readonly environment: RunEnvironment;
  readonly data: ComparisonDataRecord;
  /** Folder of the encoder; null for one with random weights. */
  readonly model: string | null;
  /** sha256 of the encoder's configuration, weights and vocabulary; null for one with random weights. */
  readonly modelDigest: string | null;
  /** Name of the encoder, for the results. */
  readonly encoder: string;
}

/**
 * Opens the data and the model of a comparison.
 *
 * @param begun the comparison that is resumed; null for a new one
 * @throws {ComparisonInputError} when the data of a job, or the model, is missing or not the one of the resumed comparison
 */
export async function openComparison(
  settings: ComparisonSettings,
  options: CompareOptions,
  begun: UnfinishedRun<ComparisonSettings> | null,
): Promise<OpenedComparison> {
  const { bank, market, source = {} } = options;
  const uses = (job: JobName) => settings.jobs.includes(job);
  if (uses('sentiment') && !bank) throw missing('sentiment', 'labelled sentences (bank)');
  if (uses('forecast') && !market) throw missing('forecast', 'a market');
  const model = modelOf(settings, options);
  const sentences = uses('sentiment') ? sentenceSplit(settings, bank!.sentences) : null;
  const days = uses('forecast') ? daySplit(settings, options) : null;
  const sentiment = sentences && describeTuningData(bank!, sentences);
  const forecast = days && describeRunData(market!, days);
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([sentiment?.fingerprint ?? null, forecast?.fingerprint ?? null]))
    .digest('hex');
  const modelDigest = model === null ? null : await tunableFingerprint(model);
  if (begun && begun.source.modelDigest !== modelDigest) {
    throw new ComparisonInputError(
      `${options.runDir} was begun with the model in ${begun.source.model}, and that in ${model} is another: ` +
        'resume it with its own, or begin a new comparison',
    );
  }
  const inputs = [...dataPaths(source), ...(model === null ? [] : [model])];
  return {
    inputs,
    source: { ...source, model, modelDigest },
    environment: describeEnvironment(settings.precision),
    data: { fingerprint, sentiment, forecast },
    sentences,
    days,
    model,
    modelDigest,
    encoder: model === null ? `random BERT-${settings.randomEncoder}` : basename(model),
  };
}

const missing = (job: JobName, what: string): ComparisonInputError =>
  new ComparisonInputError(`the job ${job} needs ${what}: give it, or leave the job out`);

function modelOf({ randomEncoder }: ComparisonSettings, { modelDir }: CompareOptions): string | null {
  if (randomEncoder !== null && modelDir !== undefined) {
    throw new ComparisonInputError('a model and a random encoder are given: leave one of them out');
  }
  if (randomEncoder !== null) return null;
  if (modelDir === undefined) {
    throw new ComparisonInputError(
      'an encoder is needed: give the folder of a model, or ask for a random one',
    );
  }
  return resolve(modelOfRun(modelDir));
}

function sentenceSplit(
  { seed, maxSentences }: ComparisonSettings,
  sentences: readonly LabelledSentence[],
): Split<LabelledSentence> {
  const split = splitSentences(sentences, { seed });
  if (maxSentences === null) return split;
  const [train, validation, test] = splitNames.map((name) => split[name].slice(0, maxSentences));
  return { train, validation, test };
}

/** The days of each part that are closest to the test part's start. */
function daySplit(settings: ComparisonSettings, { market }: CompareOptions): Split<Sample> {
  const { variants, seed, maxDays } = settings;
  const options = sampleOptions(forecasterSettings(settings, variants[0], seed, 'encoder'), market!);
  const split = splitChronologically(makeSamples(market!, options));
  if (maxDays === null) return split;
  return {
    train: split.train.slice(-maxDays),
    validation: split.validation.slice(-maxDays),
    test: split.test.slice(0, maxDays),
  };
}
