import type { Sample } from '@fin/data';
import { sentimentLabels } from '@fin/data';
import type { BertConfig } from '@fin/finbert-lora';
import { BertForSequenceClassification, createConfig } from '@fin/finbert-lora';
import type { PackedBatch } from '@fin/finbert-lora/tokenizer';
import { BertTokenizer, buildVocabulary } from '@fin/finbert-lora/tokenizer';
import type { RandomStream } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { ForecasterSettings } from '../model/settings.js';
import type { DayHeadlines, TextSize, WholeDays } from './headline-tokens.js';
import { HeadlineTokens, packedSize } from './headline-tokens.js';
import { scoreOf } from './score-of.js';
import type { EncoderTextRecord, TextOutput, TextPart, TextSource } from './text-source.js';

/** The tokenized headlines of several days. */
export interface EncoderBatch {
  /** The tokens of all headlines of all days. */
  readonly headlines: PackedBatch;
  /** Row d averages the headlines of day d; zeros for a day without headlines. float32 [days, headlines] */
  readonly dayMeans: tf.Tensor2D;
}

/**
 * A small BERT with random initial weights, trained end to end with the forecaster. Its classes "positive" and "negative"
 * are not sentiment as a reader sees it: "positive" is whatever preceded a rise in the training years.
 */
export class EncoderText implements TextSource<EncoderBatch> {
  readonly trainHeadlinesPerDay: number | null;
  /** Ties the class "positive" to a rise from the first step. */
  readonly initialScoreWeight = 1;
  readonly #bert: BertForSequenceClassification;
  readonly #tokens: HeadlineTokens;
  readonly #record: EncoderTextRecord;

  constructor(record: EncoderTextRecord, settings: ForecasterSettings, init: RandomStream) {
    const { vocabulary } = record;
    const { maxLength } = settings.encoder;
    this.trainHeadlinesPerDay = settings.trainHeadlinesPerDay;
    this.#record = record;
    this.#tokens = new HeadlineTokens(BertTokenizer.fromVocab(vocabulary, { maxLength }));
    this.#bert = new BertForSequenceClassification(bertConfig(settings, vocabulary.length), { init });
  }

  /** Builds the vocabulary from the headlines of the training days alone. */
  static fromTraining(
    train: readonly Sample[],
    settings: ForecasterSettings,
    init: RandomStream,
  ): EncoderText {
    const texts = train.flatMap(({ headlines }) => headlines.map(({ text }) => text));
    const vocabulary = buildVocabulary(texts, { size: settings.encoder.vocabularySize });
    return new EncoderText({ kind: 'random', vocabulary }, settings, init);
  }

  /** Does nothing: this source needs no preparation. */
  async read(): Promise<void> {}

  sizeOf({ headlines }: EncoderBatch): TextSize {
    return packedSize(headlines);
  }

  prepareForInference(): void {}

  prepare(days: readonly DayHeadlines[], _training = false, whole?: WholeDays | null): EncoderBatch {
    const { batch, dayOf } = this.#tokens.pack(days, whole);
    const means = new Float32Array(days.length * batch.size); // zeros where no day has a headline
    dayOf.forEach((day, headline) => {
      means[day * batch.size + headline] = 1 / days[day].length;
    });
    return { headlines: batch, dayMeans: tf.tensor2d(means, [days.length, batch.size]) };
  }

  forward({ headlines, dayMeans }: EncoderBatch, dropout: RandomStream | null): TextOutput {
    const logits = this.#bert.forward(headlines, dropout ? { training: true, dropout } : {}); // [headlines, 3]
    const sentiment = tf.matMul(dayMeans, tf.softmax(logits)) as tf.Tensor2D; // [days, 3]
    return { sentiment, features: sentiment, score: scoreOf(sentiment) };
  }

  namedParameters(): Map<string, tf.Variable> {
    return this.#bert.namedParameters();
  }

  partOf(): TextPart {
    return 'encoder';
  }

  toJSON(): EncoderTextRecord {
    return this.#record;
  }

  dispose(): void {
    this.#bert.dispose();
  }
}

function bertConfig({ encoder }: ForecasterSettings, vocabSize: number): BertConfig {
  return createConfig({
    vocabSize,
    hiddenSize: encoder.hiddenSize,
    numHiddenLayers: encoder.numHiddenLayers,
    numAttentionHeads: encoder.numAttentionHeads,
    intermediateSize: encoder.intermediateSize,
    maxPositionEmbeddings: encoder.maxLength,
    hiddenDropoutProb: encoder.dropout,
    attentionProbsDropoutProb: encoder.dropout,
    id2label: sentimentLabels,
  });
}
