import { FinBert } from '@fin/finbert-lora';
import type { RandomStream } from '@fin/runtime';
import { ForecastInputError } from '../errors.js';
import type { ForecasterSettings } from '../model/settings.js';
import { EncoderText } from './encoder-text.js';
import { ScoredText } from './scored-text.js';
import type { TextRecord } from './text-record.js';
import type { TextSource } from './text-source.js';

/**
 * The text side that a record describes. An encoder has random weights: load the checkpoint's.
 *
 * @throws {ForecastInputError} when the sentiment model is not the one that the forecaster was trained with
 * @throws BertInputError when it cannot be loaded
 */
export async function openTextSource(
  record: TextRecord,
  settings: ForecasterSettings,
  init: RandomStream,
): Promise<TextSource> {
  if (record.kind === 'encoder') return new EncoderText(record, settings, init);
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
