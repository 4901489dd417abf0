import * as tf from '@tensorflow/tfjs-core';
import { bench, describe } from 'vitest';
import { dropout, randomStreams } from '../src/index.js';

/** Activations of a BERT-base layer: batch 32, 64 tokens. */
const SHAPE = [32, 64, 768];
const stream = randomStreams(1).stream('bench');

describe('numbers for [32, 64, 768]', () => {
  bench('stream.uniform', () => stream.uniform(SHAPE).dispose());
  bench('tf.randomUniform', () => tf.randomUniform(SHAPE).dispose());
  bench('stream.normal', () => stream.normal(SHAPE).dispose());
  bench('tf.randomNormal', () => tf.randomNormal(SHAPE).dispose());
});

describe('dropout of [32, 64, 768]', () => {
  const x = tf.ones(SHAPE);
  bench('dropout', () => dropout(x, 0.1, stream).dispose());
  bench('tf.dropout', () => tf.tidy(() => void tf.dropout(x, 0.1)));
  bench('dropout and its gradient', () =>
    tf.tidy(() => void tf.grad((input: tf.Tensor) => dropout(input, 0.1, stream))(x)),
  );
});
