import * as tf from '@tensorflow/tfjs-core';
import type { NodeBackend } from '../backend/node-backend.js';
import { nodeBackend } from '../backend/node-backend.js';
import { attr } from '../dispatch/attributes.js';
import { dtypeNumber } from '../dispatch/dtypes.js';
import type { Word64 } from './stateless-state.js';
import { statelessState } from './stateless-state.js';
import { uniformFloats } from './uniform-floats.js';

const INT32 = dtypeNumber('int32');
const INT64 = dtypeNumber('int64');
const ATTRS = [
  { name: 'dtype', ...attr.type('float32') },
  { name: 'T', ...attr.type('int32') },
  { name: 'Tseed', ...attr.type('int64') },
];

/** float32 values, uniform in [min, max), of the seed [key, draw]: TensorFlow's op where there is one, its equal elsewhere. */
export function uniformTensor(
  shape: readonly number[],
  min: number,
  max: number,
  key: Word64,
  draw: Word64,
): tf.Tensor {
  return tf.tidy(() => {
    const backend = nodeBackend();
    const unit = backend
      ? nativeUniform(backend, shape, key, draw)
      : tf.tensor(
          uniformFloats(statelessState(key, draw), tf.util.sizeFromShape([...shape])),
          [...shape],
          'float32',
        );
    if (min === 0 && max === 1) return unit;
    return tf.add(tf.mul(unit, max - min), min);
  });
}

function nativeUniform(backend: NodeBackend, shape: readonly number[], key: Word64, draw: Word64): tf.Tensor {
  const dims = backend.binding.createTensor([shape.length], INT32, Int32Array.from(shape));
  // tfjs has no int64; the binding takes pairs of 32-bit words for it.
  const seed = backend.binding.createTensor([2], INT64, Int32Array.of(...key, ...draw));
  try {
    const [values] = backend.binding.executeOp('StatelessRandomUniform', ATTRS, [dims, seed], 1);
    return backend.createOutputTensor(values!);
  } finally {
    backend.binding.deleteTensor(dims);
    backend.binding.deleteTensor(seed);
  }
}
