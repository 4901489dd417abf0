import { readFileSync } from 'node:fs';
import { randomStreams } from '@fin/runtime';
import { allClose, parity } from '@fin/testkit';
import { optionFor } from '@fin/testkit/implementations';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { LstmOptions } from '../src/index.js';
import { Lstm } from '../src/index.js';
import { implementations } from './implementations.js';

interface Entry {
  readonly shape: number[];
  readonly data: number[];
}

interface Case {
  readonly name: string;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly parameters: Record<string, Entry>;
  readonly x: Entry;
  readonly lossWeights: { readonly output: Entry; readonly hidden: Entry; readonly cell: Entry };
  readonly output: Entry;
  readonly hidden: Entry;
  readonly cell: Entry;
  readonly loss: number;
  readonly gradients: Record<string, Entry>;
}

const fixture = JSON.parse(readFileSync(new URL('./fixtures/lstm.json', import.meta.url), 'utf8')) as {
  readonly cases: Case[];
};

/** float32 sums of up to 8 time steps in another order than PyTorch's. */
const tolerance = parity('lstm');

const tensor = ({ shape, data }: Entry) => tf.tensor(data, shape, 'float32');
const weigh = (values: tf.Tensor, weights: Entry) => tf.sum(tf.mul(values, tensor(weights)));

function load(sample: Case, implementation: LstmOptions['implementation']): Lstm {
  const { inputSize, hiddenSize, numLayers } = sample;
  const init = randomStreams(1).stream('init');
  const lstm = new Lstm({ inputSize, hiddenSize, numLayers, init, implementation });
  const parameters = lstm.namedParameters();
  expect([...parameters.keys()]).toEqual(Object.keys(sample.parameters));
  for (const [name, variable] of parameters) {
    expect(variable.shape).toEqual(sample.parameters[name].shape);
    tf.tidy(() => variable.assign(tensor(sample.parameters[name])));
  }
  return lstm;
}

describe.each(implementations)('torch.nn.LSTM, %s', (name) => {
  const implementation = optionFor(name);

  it.each(fixture.cases.map((sample) => [sample.name, sample] as const))(
    'gives the same outputs and gradients: %s',
    (_, sample) => {
      const lstm = load(sample, implementation);
      const x = tensor(sample.x) as tf.Tensor3D;
      tf.tidy(() => {
        const { output, hidden, cell } = lstm.forward(x);
        expect(output.shape).toEqual(sample.output.shape);
        allClose(output.dataSync(), sample.output.data, tolerance);
        allClose(tf.stack(hidden).dataSync(), sample.hidden.data, tolerance);
        allClose(tf.stack(cell).dataSync(), sample.cell.data, tolerance);
      });

      const input = tf.variable(x);
      const { value, grads } = tf.variableGrads(() => {
        const { output, hidden, cell } = lstm.forward(input as unknown as tf.Tensor3D);
        const weights = sample.lossWeights;
        return tf.addN([
          weigh(output, weights.output),
          weigh(tf.stack(hidden), weights.hidden),
          weigh(tf.stack(cell), weights.cell),
        ]) as tf.Scalar;
      }, [input, ...lstm.namedParameters().values()]);
      allClose(value.dataSync(), [sample.loss], tolerance);
      allClose(grads[input.name].dataSync(), sample.gradients.x.data, tolerance);
      for (const [name, variable] of lstm.namedParameters()) {
        allClose(grads[variable.name].dataSync(), sample.gradients[name].data, tolerance);
      }
      tf.dispose([value, grads, input, x]);
      lstm.dispose();
    },
  );
});
