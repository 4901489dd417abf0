import { allClose, parity } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BertForSequenceClassification } from '../../src/index.js';
import { crossEntropy } from '../../src/index.js';
import { encoderCase, inTextOrder, withoutPadding } from '../support/encoder-fixture.js';
import { implementations, use } from '../support/implementations.js';

/** fp32 on both sides, sums in different orders. */
const FORWARD = parity('bert-forward');
const GRADIENT = parity('bert-gradients');

let model: BertForSequenceClassification | undefined;
afterEach(() => model?.dispose());

const cases = implementations.flatMap((made) => ['gelu', 'gelu-new', 'relu'].map((name) => ({ made, name })));

describe.each(cases)('equal to transformers ($name, $made)', ({ name, made }) => {
  beforeEach(() => use(made));
  const setUp = () => {
    const made = encoderCase(name);
    model = made.model;
    return made;
  };

  it.each(['packed', 'padded'] as const)('hidden states, pooled and logits, %s', (kind) => {
    const { expected, model, packed, padded } = setUp();
    const width = model.config.hiddenSize;
    tf.tidy(() => {
      const options = { outputHiddenStates: true };
      const output =
        kind === 'packed' ? model.bert.forward(packed, options) : model.bert.forwardPadded(padded, options);
      const rows = (state: tf.Tensor) =>
        kind === 'packed'
          ? inTextOrder(state.dataSync(), packed, width)
          : withoutPadding(state.dataSync(), padded, width);
      expect(output.hiddenStates!.length).toBe(expected.hiddenStates.length);
      for (const [i, state] of output.hiddenStates!.entries()) {
        allClose(rows(state), expected.hiddenStates[i], FORWARD);
      }
      allClose(output.pooled!.dataSync(), expected.pooled, FORWARD);
      const logits = kind === 'packed' ? model.forward(packed) : model.forwardPadded(padded);
      allClose(logits.dataSync(), expected.logits, FORWARD);
    });
  });

  it.each(['packed', 'padded'] as const)('loss and every gradient, %s', (kind) => {
    const { expected, model, packed, padded } = setUp();
    const { labels, classWeights } = expected;
    const { value, grads } = tf.variableGrads(() =>
      crossEntropy(kind === 'packed' ? model.forward(packed) : model.forwardPadded(padded), labels, {
        classWeights,
      }),
    );
    allClose(value.dataSync(), [expected.loss], FORWARD);
    const parameters = model.namedParameters();
    expect([...parameters.keys()]).toEqual(Object.keys(expected.gradients));
    for (const [path, variable] of parameters) {
      try {
        allClose(grads[variable.name].dataSync(), expected.gradients[path], GRADIENT);
      } catch (cause) {
        throw new Error(`gradient of ${path}: ${(cause as Error).message}`, { cause });
      }
    }
    tf.dispose([value, grads]);
  });
});
