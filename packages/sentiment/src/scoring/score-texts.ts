import { setImmediate } from 'node:timers/promises';
import { BertInputError } from '@fin/finbert-lora';
import type { PackedBatch } from '@fin/finbert-lora/tokenizer';
import { packSequences } from '@fin/finbert-lora/tokenizer';
import * as tf from '@tensorflow/tfjs-core';
import { planBatches } from './plan-batches.js';

/** A `BertForSequenceClassification`, with or without adapters. */
export interface TextClassifier {
  /** @returns logits [n, classes] */
  forward(batch: PackedBatch): tf.Tensor2D;
}

/** Settings of {@link scoreTexts}. */
export interface ScoreTextsOptions {
  /** Maximum tokens per forward pass. */
  readonly tokensPerBatch: number;
  /** Indexes of the logits to return, in the order of the result. */
  readonly columns: readonly number[];
  /** Stops between two forward passes; then rejects with `signal.reason`. */
  readonly signal?: AbortSignal;
}

/** Result of one forward pass. */
export interface ScoredBatch {
  /** Indexes of its texts among all texts. */
  readonly indices: readonly number[];
  /** Class probabilities of each text, in the order of `columns`. */
  readonly scores: readonly Float32Array[];
  /** Number of tokens in the batch. */
  readonly tokens: number;
}

/**
 * Runs a classifier over token sequences, batch by batch. Between batches other events are handled.
 *
 * @throws BertInputError when the model's probabilities are NaN
 */
export async function* scoreTexts(
  model: TextClassifier,
  sequences: readonly Int32Array[],
  { tokensPerBatch, columns, signal }: ScoreTextsOptions,
): AsyncGenerator<ScoredBatch> {
  const lengths = sequences.map(({ length }) => length);
  for (const indices of planBatches(lengths, tokensPerBatch)) {
    await setImmediate();
    signal?.throwIfAborted();
    const batch = packSequences(indices.map((index) => sequences[index]));
    const probabilities = await classProbabilities(model, batch);
    if (!probabilities.every(Number.isFinite)) {
      throw new BertInputError('the model gives no numbers (NaN): its weights are damaged');
    }
    const classes = probabilities.length / indices.length;
    const scores = indices.map((_, row) =>
      Float32Array.from(columns, (column) => probabilities[row * classes + column]),
    );
    yield { indices, scores, tokens: batch.inputIds.length };
  }
}

/** @returns [texts, classes], row by row */
async function classProbabilities(model: TextClassifier, batch: PackedBatch): Promise<Float32Array> {
  const probabilities = tf.tidy(() => tf.softmax(model.forward(batch)));
  try {
    return (await probabilities.data()) as Float32Array;
  } finally {
    probabilities.dispose();
  }
}
