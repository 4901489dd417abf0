import { countTensors, NO_GROWTH, randomStreams } from '@fin/runtime';
import { allClose } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import type { BertForSequenceClassification } from '../../src/index.js';
import { crossEntropy } from '../../src/index.js';
import { packSequences } from '../../src/tokenizer/index.js';
import { tinyBatch, tinyConfig, tinyLabels, tinyModel } from '../support/tiny-model.js';

let models: BertForSequenceClassification[] = [];
const make = (...args: Parameters<typeof tinyModel>) => {
  const model = tinyModel(...args);
  models.push(model);
  return model;
};
afterEach(() => {
  for (const model of models) model.dispose();
  models = [];
});

const stream = (at = 0) => randomStreams(2).stream('dropout').at(at);
const freeze = (model: BertForSequenceClassification, stays: (path: string) => boolean) => {
  for (const [path, variable] of model.namedParameters()) variable.trainable = stays(path);
};
/** Names of the tfjs kernels that run while `fn` does. */
async function kernels(fn: () => tf.TensorContainer): Promise<string[]> {
  const { kernels } = await tf.profile(() => {
    tf.dispose(fn());
    return tf.scalar(0);
  });
  return kernels.map(({ name }) => name);
}

describe('training', () => {
  it('lowers the loss, from fresh weights', () => {
    const model = make({ hiddenDropoutProb: 0, attentionProbsDropoutProb: 0 });
    const losses: number[] = [];
    for (let step = 0; step < 60; step++) {
      const { value, grads } = tf.variableGrads(() => crossEntropy(model.forward(tinyBatch()), tinyLabels));
      losses.push(value.dataSync()[0]);
      tf.tidy(() => {
        for (const variable of model.namedParameters().values()) {
          variable.assign(tf.sub(variable, tf.mul(grads[variable.name], 0.5)));
        }
      });
      tf.dispose([value, grads]);
    }
    expect(losses[0]).toBeCloseTo(Math.log(3), 1);
    expect(losses.at(-1)!).toBeLessThan(0.2);
  });

  it('draws dropout from its stream: same stream, same logits; another place, others', () => {
    const model = make({ initializerRange: 0.5 });
    tf.tidy(() => {
      const run = (at: number) =>
        model.forward(tinyBatch(), { training: true, dropout: stream(at) }).dataSync();
      expect(run(0)).toEqual(run(0));
      expect(run(0)).not.toEqual(run(1));
      expect(model.forward(tinyBatch(), { dropout: stream() }).dataSync()).toEqual(
        model.forward(tinyBatch()).dataSync(),
      );
    });
  });

  it('keeps the mean of the logits under dropout', () => {
    const model = make({
      numHiddenLayers: 1,
      initializerRange: 0.5,
      attentionProbsDropoutProb: 0,
      hiddenDropoutProb: 0,
      classifierDropout: 0.5,
    });
    tf.tidy(() => {
      const batch = tinyBatch();
      const runs = Array.from({ length: 150 }, (_, at) =>
        model.forward(batch, { training: true, dropout: stream(at) }),
      );
      allClose(tf.mean(tf.stack(runs), 0).dataSync(), model.forward(batch).dataSync(), {
        rtol: 0,
        atol: 0.25,
      });
    });
  });

  it('needs a stream for it', () => {
    const model = make();
    expect(() => model.forward(tinyBatch(), { training: true })).toThrow(/needs a random stream/);
    const without = make({ hiddenDropoutProb: 0, attentionProbsDropoutProb: 0 });
    expect(without.forward(tinyBatch(), { training: true }).shape).toEqual([5, 3]);
  });

  it('leaks nothing', async () => {
    const model = make();
    const step = () => {
      const { value, grads } = tf.variableGrads(() =>
        crossEntropy(model.forward(tinyBatch(), { training: true, dropout: stream() }), tinyLabels),
      );
      tf.dispose([value, grads]);
      tf.dispose(model.forward(tinyBatch()));
    };
    step();
    const steps = () => {
      for (let i = 0; i < 10; i++) step();
    };
    expect(await countTensors(steps)).toEqual(NO_GROWTH);
  });

  it('gives everything back on dispose', async () => {
    expect(await countTensors(() => tinyModel().dispose())).toEqual(NO_GROWTH);
  });
});

describe('what is frozen costs nothing', () => {
  const loss = (model: BertForSequenceClassification) => () =>
    crossEntropy(model.forward(tinyBatch()), tinyLabels);

  it('gives the gradients of the whole model for the rest', () => {
    const model = make({ initializerRange: 0.5 });
    const all = tf.variableGrads(loss(model));
    const trained = /layer\.1\.attention\.self\.(query|value)|classifier|layer\.2\..*bias/;
    freeze(model, (path) => trained.test(path));
    const some = tf.variableGrads(loss(model));
    const names = [...model.namedParameters()].filter(([path]) => trained.test(path));
    expect(Object.keys(some.grads).sort()).toEqual(names.map(([, variable]) => variable.name).sort());
    for (const name of Object.keys(some.grads))
      allClose(some.grads[name].dataSync(), all.grads[name].dataSync());
    tf.dispose([all, some] as tf.TensorContainer);
  });

  it('computes no gradient for it, nor below the lowest that is trained', async () => {
    const model = make();
    const products = async (stays: (path: string) => boolean) => {
      freeze(model, stays);
      const names = await kernels(() => tf.variableGrads(loss(model)) as unknown as tf.TensorContainer);
      return names.filter((name) => name === 'BatchMatMul').length;
    };
    freeze(model, () => true);
    const forward = (await kernels(() => model.forward(tinyBatch()))).filter(
      (name) => name === 'BatchMatMul',
    ).length;
    // Backward, the classifier's weight and input: two products; the pooler's weight: one more.
    expect((await products((path) => path.startsWith('classifier'))) - forward).toBe(1);
    expect((await products((path) => path.startsWith('bert.pooler'))) - forward).toBe(2);
    const perLayer = (await products(() => true)) - (await products((path) => !path.includes('layer.0')));
    expect(perLayer).toBe(6); // the six weights of layer 0: the gradient still flows to the embeddings
    const top =
      (await products((path) => path.includes('layer.2') || path.startsWith('classifier'))) - forward;
    const all = (await products(() => true)) - forward;
    expect(top).toBeLessThan(all / 2);
  });

  it('holds nothing for a backward pass there', () => {
    const model = make({ numHiddenLayers: 6 });
    const heldAfterForward = (stays: (path: string) => boolean) => {
      freeze(model, stays);
      let held = 0;
      const { value, grads } = tf.variableGrads(() => {
        const before = tf.memory().numBytes;
        const logits = tf.tidy(() => model.forward(tinyBatch([9, 9, 9, 9, 9])));
        held = tf.memory().numBytes - before;
        return crossEntropy(logits, tinyLabels);
      });
      tf.dispose([value, grads]);
      return held;
    };
    const all = heldAfterForward(() => true);
    const top = heldAfterForward((path) => path.includes('layer.5') || path.startsWith('classifier'));
    expect(top).toBeLessThan(all / 4);
  });

  it('takes a text alone or among others, whatever their order', () => {
    const model = make({ initializerRange: 0.5 });
    tf.tidy(() => {
      const sequences = Array.from({ length: 5 }, (_, i) =>
        Int32Array.from({ length: 2 + ((i * 3) % 7) }, (_, j) => 1 + i + j),
      );
      const together = model.forward(packSequences(sequences)).arraySync();
      for (const [i, ids] of sequences.entries()) {
        allClose(model.forward(packSequences([ids])).dataSync(), together[i]);
      }
    });
  });
});

describe('a batch that does not fit is refused', () => {
  it.each([
    ['empty', [], /holds no text/],
    ['too long', [new Int32Array(13)], /13 tokens and the model has 12 positions/],
    ['with ids beyond the vocabulary', [Int32Array.of(2, 50, 3)], /token id 50 is beyond .* 50/],
    ['with negative ids', [Int32Array.of(2, -1)], /token id -1/],
  ])('%s', async (_, sequences, message) => {
    const model = make();
    expect(
      await countTensors(() => expect(() => model.forward(packSequences(sequences))).toThrow(message)),
    ).toEqual(NO_GROWTH);
  });

  it('as are labels and weights', () => {
    tf.tidy(() => {
      const logits = tf.zeros([2, 3]) as tf.Tensor2D;
      expect(() => crossEntropy(logits, [0])).toThrow(/1 labels for 2 texts/);
      expect(() => crossEntropy(logits, [0, 3])).toThrow(/label 3 is none of the classes 0 to 2/);
      expect(() => crossEntropy(logits, [0, 1], { classWeights: [1, 2] })).toThrow(/2 class weights for 3/);
    });
  });
});

describe('fresh weights', () => {
  it('are those of transformers: N(0, 0.02), zero biases and padding row, norms of one', () => {
    const model = make({ hiddenSize: 64, vocabSize: 200 });
    for (const [path, variable] of model.namedParameters()) {
      const values = variable.dataSync();
      if (path.endsWith('bias')) expect(values.every((value) => value === 0)).toBe(true);
      else if (path.includes('LayerNorm')) expect(values.every((value) => value === 1)).toBe(true);
    }
    const words = model.bert.embeddings.word.weight;
    const values = words.dataSync<'float32'>();
    expect(values.slice(0, 64).every((value) => value === 0)).toBe(true);
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / (values.length - 64));
    expect(deviation).toBeCloseTo(0.02, 3);
  });

  it('depend on the stream alone', () => {
    const values = (seed: number) =>
      [...make({}, seed).namedParameters().values()].map((variable) => variable.dataSync());
    expect(values(5)).toEqual(values(5));
    expect(values(5)[0]).not.toEqual(values(6)[0]);
  });
});

it('has the parameters of BERT-base where the shape is', () => {
  // Counted from the shapes: building 110 M weights is not for a test.
  const model = make();
  const {
    vocabSize: v,
    hiddenSize: h,
    intermediateSize: m,
    maxPositionEmbeddings: p,
    numHiddenLayers: n,
  } = tinyConfig;
  const count = [...model.namedParameters().values()].reduce((sum, variable) => sum + variable.size, 0);
  const layer = 4 * (h * h + h) + 2 * h * m + m + h + 4 * h;
  expect(count).toBe((v + p + 2) * h + 2 * h + n * layer + h * h + h + 3 * h + 3);
});
