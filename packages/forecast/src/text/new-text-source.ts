import { resolve } from 'node:path';
import type { Sample } from '@fin/data';
import { FinBert } from '@fin/finbert-lora';
import type { RandomStream } from '@fin/runtime';
import type { ForecasterSettings } from '../model/settings.js';
import { modelOfRun } from '../sentiment-tuning/model-of-run.js';
import { EncoderText } from './encoder-text.js';
import { ScoredText } from './scored-text.js';
import type { ReadOptions, TextSource } from './text-source.js';

/**
 * The text side of a new forecaster, as its settings want it. What is fitted (a vocabulary, a scaler) is fitted on the training
 * days; scores, in which nothing of these days is fitted, are made for all.
 *
 * @param days the training days, and all days
 * @throws BertInputError when the sentiment model cannot be used; the signal's reason when it stopped the scoring
 */
export async function newTextSource(
  { train, all }: { readonly train: readonly Sample[]; readonly all: readonly Sample[] },
  settings: ForecasterSettings,
  init: RandomStream,
  options: ReadOptions,
): Promise<TextSource> {
  const { sentimentModel, aggregate, precision } = settings;
  if (sentimentModel === null) return EncoderText.fromTraining(train, settings, init);
  const model = resolve(modelOfRun(sentimentModel));
  const reader = await FinBert.load(model, { precision });
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
