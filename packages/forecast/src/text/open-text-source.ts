import { resolve } from 'node:path';
import type { Sample } from '@fin/data';
import type { RandomStream, RandomStreams } from '@fin/runtime';
import { randomStreams } from '@fin/runtime';
import { FinBert, modelOfRun } from '@fin/sentiment';
import { ForecastInputError } from '../errors.js';
import type { ForecasterSettings } from '../model/settings.js';
import { EncoderText } from './encoder-text.js';
import type { JointTextOptions } from './joint-text.js';
import { JointText } from './joint-text.js';
import { ScoredText } from './scored-text.js';
import type { SentimentScores } from './sentiment-scores.js';
import { readerOfScores } from './sentiment-scores.js';
import type { TextRecord, TextSource } from './text-source.js';

/**
 * Makes the text side of a new forecaster from its settings. Vocabulary and scaler are fitted on the training days alone.
 * A sentiment model scores the headlines of all days; nothing in it is fitted to them.
 *
 * @param days the training days, and all days
 * @returns null for a forecaster without text
 * @param options `scores` takes the place of the sentiment model, which is then not loaded; `pretrained` is the expected digest of
 *   a model to train jointly
 * @throws BertInputError when the sentiment model cannot be used; `signal.reason` when the signal stopped the scoring
 */
export async function newTextSource(
  { train, all }: { readonly train: readonly Sample[]; readonly all: readonly Sample[] },
  settings: ForecasterSettings,
  init: RandomStream,
  { scores, ...options }: JointTextOptions & { readonly scores?: SentimentScores },
): Promise<TextSource | null> {
  const { aggregate, precision } = settings;
  if (settings.text === 'none') return null;
  if (settings.text === 'random') return EncoderText.fromTraining(train, settings, init);
  if (settings.text === 'joint') return JointText.fromTraining(train, settings, streamsOf(settings), options);
  const model = resolve(modelOfRun(settings.model!));
  const reader = scores ? readerOfScores(scores) : await FinBert.load(model, { precision });
  const text = new ScoredText({ reader, model, aggregate, init });
  try {
    await text.read(
      all.flatMap(({ headlines }) => headlines.map(({ text: headline }) => headline)),
      options,
    );
    return text.fit(train);
  } catch (error) {
    text.dispose();
    throw error;
  }
}

/**
 * Restores the text side of a record. An encoder has random weights until the checkpoint's are loaded.
 *
 * @throws {ForecastInputError} when the sentiment model is not the one that the forecaster was trained with
 * @throws BertInputError when it cannot be loaded
 */
export async function openTextSource(
  record: TextRecord | null,
  settings: ForecasterSettings,
  init: RandomStream,
): Promise<TextSource | null> {
  if (record === null) return null;
  if (record.kind === 'random') return new EncoderText(record, settings, init);
  if (record.kind === 'joint') return JointText.fromRecord(record, settings, streamsOf(settings));
  const { model, fingerprint, maxLength, aggregate } = record;
  const reader = await FinBert.load(model, { maxLength, precision: settings.precision });
  if (reader.fingerprint !== fingerprint) {
    reader.dispose();
    throw new ForecastInputError(
      `the sentiment model in ${model} is not the one that this run was trained with; put that one back, or train again`,
    );
  }
  return new ScoredText({ reader, model, aggregate, init }).restore(record);
}

/** Random streams of a pretrained encoder, apart from those of the forecaster. */
function streamsOf({ seed }: ForecasterSettings): RandomStreams {
  const random = randomStreams(seed);
  return { stream: (name) => random.stream(`text.${name}`) };
}
