import { computesBfloat16Products, loadKernels } from '@fin/kernels';
import { hasNativeOps, nativeDType } from '@fin/runtime';
import { parity } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { autocast, Policy } from '../src/index.js';
import fixture from './fixtures/autocast.json' with { type: 'json' };
import { MODES } from './support/modes.js';
import { ORACLE_OPS } from './support/oracle-ops.js';
import { relativeError } from './support/relative-error.js';

/** Two bfloat16 roundings in a row, relative to the largest element: each is 2^-9 at most, sums of products add some. */
const TOLERANCE = parity('autocast').rtol;

/** tfjs has no gradient of it. */
const WITHOUT_GRADIENT: ReadonlySet<string> = new Set(['einsum']);

/** Where the dtype of the result differs from torch's on the CPU, and why. */
const OTHER_DTYPES: Readonly<Record<string, string>> = {
  'softmax of a product': 'float32 list of CUDA; the CPU list of torch leaves it out',
  'logSoftmax of a product': 'as softmax',
  'exp of a product': 'as softmax',
  'log of a product': 'as softmax',
  'rsqrt of a product': 'as softmax',
  'power of a product': 'as softmax',
  'sum of a product': 'as softmax',
  'norm of a product': 'as softmax',
  'layer norm of a product': 'as softmax',
  'mean of a product': 'float32 list here, on none in torch',
  'maximum of a product': 'float32 list here, on none in torch',
  'tanh of a product': 'float32 list here, on none in torch',
  'sigmoid of a product': 'float32 list here, on none in torch',
  'gelu of a product': 'composed here, with erf on the float32 list',
};

/** The kernel of a gradient that tfjs's wasm backend does not have. */
const NEEDED: Readonly<Record<string, string>> = {
  conv2d: 'Conv2DBackpropFilter',
  'conv2d, transposed': 'Conv2DBackpropFilter',
  'depthwise conv2d': 'DepthwiseConv2dNativeBackpropFilter',
};

function hasKernels(name: string): boolean {
  return !(name in NEEDED) || Boolean(tf.getKernel(NEEDED[name], tf.getBackend()));
}

interface Entry {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

const tensor = ({ shape, data }: Entry) => tf.tensor(data as number[], shape as number[], 'float32');

function run(name: string, policy: Policy) {
  const one = fixture.cases.find((each) => each.name === name)!;
  return tf.tidy(() => {
    const inputs = one.inputs.map(tensor);
    const weights = tensor(one.lossWeights);
    let output: tf.Tensor | undefined;
    const loss = (...xs: tf.Tensor[]) => {
      output = tf.keep(autocast(policy, () => ORACLE_OPS[name](xs)));
      return tf.sum(tf.mul(output, weights)) as tf.Scalar;
    };
    const gradients = WITHOUT_GRADIENT.has(name) ? [] : tf.grads(loss)(inputs);
    if (gradients.length === 0) loss(...inputs);
    const result = {
      dtype: nativeDType(output!),
      output: output!.dataSync(),
      gradients: gradients.map((gradient) => gradient.dataSync()),
    };
    output!.dispose();
    return result as never;
  }) as { dtype: string; output: Float32Array; gradients: Float32Array[] };
}

it('has every case of the fixture', () => {
  expect(Object.keys(ORACLE_OPS)).toEqual(fixture.cases.map(({ name }) => name));
});

vi.stubEnv('FIN_KERNELS', '');
if (hasNativeOps()) await loadKernels();

/** Each mode, and `low` also with the products of @fin/kernels, where it computes them. */
const VARIANTS = MODES.flatMap((mode) => {
  const fused = mode === 'low' && computesBfloat16Products();
  return [[mode, "TensorFlow's"], ...(fused ? [[mode, 'fused']] : [])] as ['auto' | 'low' | 'wide', string][];
});

describe.each(VARIANTS)('in mode %s with %s products', (mode, products) => {
  beforeAll(() => void vi.stubEnv('FIN_KERNELS', products === 'fused' ? '' : '0'));
  afterAll(() => void vi.unstubAllEnvs());
  const policy = new Policy({ dtype: 'bfloat16', mode });

  it.each(fixture.cases.map(({ name }) => name).filter(hasKernels))(
    '%s is as under torch.autocast',
    (name) => {
      const expected = fixture.cases.find((one) => one.name === name)!;
      const actual = run(name, policy);
      expect(relativeError(actual.output, expected.output.data)).toBeLessThan(TOLERANCE);
      if (WITHOUT_GRADIENT.has(name)) return;
      expected.gradients.forEach((gradient, i) => {
        expect(relativeError(actual.gradients[i], gradient.data), `gradient ${i}`).toBeLessThan(TOLERANCE);
      });
    },
  );

  it
    .runIf(mode === 'low' && hasNativeOps())
    .each(fixture.cases.map(({ name }) => name).filter((name) => !(name in OTHER_DTYPES)))(
    '%s has the dtype it has in torch',
    (name) => {
      expect(run(name, policy).dtype).toBe(fixture.cases.find((one) => one.name === name)!.output.dtype);
    },
  );

  it.runIf(mode === 'low' && hasNativeOps()).each(Object.entries(OTHER_DTYPES))(
    '%s is float32: %s',
    (name) => {
      expect(run(name, policy).dtype).toBe('float32');
    },
  );
});
