import { setImmediate } from 'node:timers/promises';
import { BertInputError } from '@fin/finbert-lora';
import type { PackedBatch } from '@fin/finbert-lora/tokenizer';
import { packSequences } from '@fin/finbert-lora/tokenizer';
import * as tf from '@tensorflow/tfjs-core';
import { planBatches } from './plan-batches.js';

/** A `BertForSequenceClassification`, or one with adapters on it. */
export interface TextClassifier {
  /** @returns logits [n, classes] */
  forward(batch: PackedBatch): tf.Tensor2D;
}

/** How texts are scored. */
export interface ScoreTextsOptions {
  /** Tokens of one forward pass at most. */
  readonly tokensPerBatch: number;
  /** Logit of each class to return, in the order to return them in. */
  readonly columns: readonly number[];
  /** Stops between two forward passes, with the signal's reason as error. */
  readonly signal?: AbortSignal;
}

/** The texts of one forward pass. */
export interface ScoredBatch {
  /** Their places among all. */
  readonly indices: readonly number[];
  /** Probabilities of each, in the order of `columns`. */
  readonly scores: readonly Float32Array[];
  /** Of this batch. */
  readonly tokens: number;
}

/**
 * Runs a classifier over token sequences, batch by batch, and gives the event loop its turn in between.
 *
 * @throws BertInputError when the model's probabilities are no numbers
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
