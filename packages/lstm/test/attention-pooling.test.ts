import { readFileSync } from 'node:fs';
import { countTensors, NO_GROWTH, randomStreams } from '@fin/runtime';
import { allClose, parity } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { AttentionPooling, LstmError } from '../src/index.js';

interface Entry {
  readonly shape: number[];
  readonly data: number[];
}

interface Case {
  readonly name: string;
  readonly parameters: Record<string, Entry>;
  readonly output: Entry;
  readonly lossWeights: Entry;
  readonly pooled: Entry;
  readonly gradients: Record<string, Entry>;
}

const fixture = JSON.parse(
  readFileSync(new URL('./fixtures/attention-pooling.json', import.meta.url), 'utf8'),
) as { readonly cases: Case[] };

const tolerance = parity('attention-pooling');
const tensor = ({ shape, data }: Entry) => tf.tensor(data, shape, 'float32');
const init = () => randomStreams(1).stream('init');

describe('AttentionPooling', () => {
  it.each(fixture.cases.map((sample) => [sample.name, sample] as const))(
    'gives the same result and gradients as the equations in PyTorch: %s',
    (_, sample) => {
      const pooling = new AttentionPooling({ hiddenSize: sample.output.shape[2], init: init() });
      const parameters = pooling.namedParameters();
      expect([...parameters.keys()]).toEqual(Object.keys(sample.parameters));
      tf.tidy(() => {
        for (const [name, variable] of parameters) variable.assign(tensor(sample.parameters[name]));
        const output = tf.variable(tensor(sample.output)) as tf.Variable<tf.Rank.R3>;
        const { grads } = tf.variableGrads(() => {
          const pooled = pooling.forward(output);
          allClose(pooled.dataSync(), sample.pooled.data, tolerance);
          return tf.sum(tf.mul(pooled, tensor(sample.lossWeights))) as tf.Scalar;
        });
        allClose(grads[output.name].dataSync(), sample.gradients.output.data, tolerance);
        for (const [name, variable] of parameters) {
          allClose(grads[variable.name].dataSync(), sample.gradients[name].data, tolerance);
        }
        output.dispose();
      });
      pooling.dispose();
    },
  );

  it('starts as the mean over time, and leaves no tensor behind', async () => {
    const growth = await countTensors(() => {
      const pooling = new AttentionPooling({ hiddenSize: 2, init: init() });
      const output = tf.tensor3d([1, 2, 3, 6], [1, 2, 2]);
      const pooled = pooling.forward(output);
      allClose(pooled.dataSync(), [2, 4], tolerance);
      tf.dispose([output, pooled]);
      pooling.dispose();
    });
    expect(growth).toEqual(NO_GROWTH);
  });

  it('refuses hidden states of another size', () => {
    expect(() => new AttentionPooling({ hiddenSize: 0, init: init() })).toThrow(LstmError);
    const pooling = new AttentionPooling({ hiddenSize: 2, init: init() });
    tf.tidy(() => {
      expect(() => pooling.forward(tf.zeros([1, 2, 3]))).toThrow('takes [batch, time, 2]');
    });
    pooling.dispose();
  });
});
