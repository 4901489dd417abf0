import { readFileSync } from 'node:fs';
import { allClose, parity } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import type { Implementation } from './support/implementations.js';
import { implementations } from './support/implementations.js';
import { withGradients } from './support/tensors.js';

interface Entry {
  readonly shape: number[];
  readonly data: number[];
}

interface Case {
  readonly name: string;
  readonly op: 'gelu' | 'layerNorm' | 'packedAttention';
  readonly eps?: number;
  readonly heads?: number;
  readonly lengths?: number[];
  readonly inputs: Readonly<Record<string, Entry>>;
  readonly dy: Entry;
  readonly output: Entry;
  readonly gradients: Readonly<Record<string, Entry>>;
}

const fixture = JSON.parse(readFileSync(new URL('./fixtures/torch.json', import.meta.url), 'utf8')) as {
  readonly cases: readonly Case[];
};

/** Two computations in float32, each in an order of its own. */
const tolerance = parity('fused-ops');

const tensor = ({ data, shape }: Entry) => tf.tensor(data, shape, 'float32');

/** The op as a function of its inputs in the order in which the fixture names them. */
function run(implementation: Implementation, sample: Case): (...inputs: tf.Tensor[]) => tf.Tensor {
  const { op, eps, heads = 1, lengths = [] } = sample;
  if (op === 'gelu') return (x, bias) => implementation.gelu(x, bias as tf.Tensor1D | undefined);
  if (op === 'layerNorm') {
    return (x, gamma, beta, residual, bias) =>
      implementation.layerNorm(x as tf.Tensor2D, gamma as tf.Tensor1D, beta as tf.Tensor1D, {
        eps,
        residual: residual as tf.Tensor2D | undefined,
        bias: bias as tf.Tensor1D | undefined,
      });
  }
  const offsets = Int32Array.from([0, ...lengths]);
  for (let i = 1; i < offsets.length; i++) offsets[i] += offsets[i - 1];
  return (...qkv) =>
    implementation.packedAttention(...(qkv as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D]), offsets, { heads });
}

describe.each(implementations)('PyTorch, %s', (_, implementation) => {
  it.each(fixture.cases.map((sample) => [sample.name, sample] as const))('%s', (_name, sample) => {
    const inputs = Object.values(sample.inputs).map(tensor);
    const dy = tensor(sample.dy);
    const { value, gradients } = withGradients(run(implementation, sample), inputs, dy);
    allClose(value, sample.output.data, tolerance);
    for (const [i, name] of Object.keys(sample.inputs).entries()) {
      allClose(gradients[i], sample.gradients[name].data, tolerance);
    }
    tf.dispose([inputs, dy]);
  });
});
