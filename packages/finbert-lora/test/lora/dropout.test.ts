import type { RandomStream, TensorOfShape } from '@fin/runtime';
import { allClose } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { ForwardMode, Part } from '../../src/index.js';
import { Container, LinearLayer } from '../../src/index.js';
import { getPeftModel } from '../../src/lora/index.js';
import { fixture } from '../support/fixture.js';
import { hashed } from '../support/hashed-weights.js';
import { initStream } from '../support/init-stream.js';
import { tinyBatch, tinyModel } from '../support/tiny-model.js';

/** A model that is one linear layer, as the oracle's. */
class OneLayer extends Container {
  readonly lin: LinearLayer = new LinearLayer('lin', {
    inFeatures: 5,
    outFeatures: 4,
    std: 1,
    init: initStream(),
  });

  forward(x: tf.Tensor2D, mode: ForwardMode): tf.Tensor2D {
    return this.lin.forward(x, mode);
  }

  protected override parts(): readonly (readonly [string, Part])[] {
    return [['lin', this.lin]];
  }
}

/** A stream that draws what the oracle draws. */
const given: RandomStream = {
  ...initStream(),
  uniform: <const S extends readonly number[]>(shape: S) =>
    tf.tensor<tf.Rank>(
      hashed('dropout', tf.util.sizeFromShape([...shape])).map((value) => value + 0.5),
      Array.from(shape),
    ) as TensorOfShape<S>,
};

interface Expected {
  magnitude: number[] | null;
  y: number[];
  dx: number[];
  gradients: Record<string, number[]>;
}

describe('dropout', () => {
  it.each(['lora', 'dora'] as const)('acts on the adapter alone, as in PEFT (%s)', (name) => {
    const { magnitude, y, dx, gradients } = fixture<Record<string, Expected>>('lora-dropout.json')[name];
    const settings = { r: 2, loraAlpha: 3, loraDropout: 0.3, targetModules: ['lin'], bias: 'lora_only' };
    const peft = getPeftModel(
      new OneLayer(),
      { ...settings, bias: 'lora_only', useDora: name === 'dora' },
      { init: initStream() },
    );
    for (const [path, variable] of peft.namedParameters()) {
      const values = path.includes('magnitude') ? magnitude! : hashed(path, variable.size);
      variable.assign(tf.tensor(values, variable.shape));
    }
    tf.tidy(() => {
      const x = tf.tensor2d(hashed('x', 30), [6, 5]);
      const dy = tf.tensor2d(hashed('dy', 24), [6, 4]);
      const mode = { training: true, dropoutStream: given, rows: null };
      const run = (input: tf.Tensor2D) => peft.forward(input, mode);
      allClose(run(x).dataSync(), y);
      allClose(
        tf
          .grad((input) => run(input as tf.Tensor2D))(x, dy)
          .dataSync(),
        dx,
        { rtol: 1e-4 },
      );
      const { grads } = tf.variableGrads(() => tf.sum(tf.mul(run(x), dy)));
      const trained = [...peft.namedParameters()].filter(([, { trainable }]) => trainable);
      expect(trained.map(([path]) => path).sort()).toEqual(Object.keys(gradients).sort());
      for (const [path, variable] of trained) {
        allClose(grads[variable.name].dataSync(), gradients[path], { rtol: 1e-4 });
      }
    });
    peft.dispose();
  });

  it('needs a stream in training, also where the model itself drops nothing', () => {
    const model = tinyModel({ hiddenDropoutProb: 0, attentionProbsDropoutProb: 0 });
    const peft = getPeftModel(model, { loraDropout: 0.5, initLoraWeights: false }, { init: initStream() });
    const batch = tinyBatch();
    const logits = (options = {}) => tf.tidy(() => peft.forward(batch, options).dataSync());
    expect(() => peft.forward(batch, { training: true })).toThrow(/needs a random stream/);
    const drawn = logits({ training: true, dropout: initStream().at(1) });
    expect(drawn).not.toEqual(logits());
    expect(drawn).toEqual(logits({ training: true, dropout: initStream().at(1) }));
    expect(drawn).not.toEqual(logits({ training: true, dropout: initStream().at(2) }));
    peft.dispose();
  });
});
