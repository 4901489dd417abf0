import type { TensorHandle } from '@fin/runtime';
import { attr, dtypeNumber, nativeDType, rawOp, standInDType } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { Step } from '../autocast/step.js';
import type { NodeBackend } from '../engine/node-backend.js';
import { handleIdOf } from '../engine/node-backend.js';
import type { LowDType } from '../policy/low-dtype.js';

/**
 * A low copy of a float32 tensor, to be held in its place: one that an op computed with in this step if there is one, at no cost,
 * else a new one. Off the tape, and outside every `tf.tidy`: the caller disposes it.
 *
 * A new copy is bfloat16 under either policy. It has the range of float32; float16 would turn what it cannot hold into infinity.
 */
export function lowTwin(backend: NodeBackend, tensor: tf.Tensor, dtype: LowDType, step: Step): tf.Tensor {
  const known = step.lowTwins.get(tensor.dataId);
  if (known && backend.tensorMap.has(known)) return shared(backend, known, tensor.shape);
  const id = handleIdOf(backend, tensor.dataId);
  const computedWith = id === null ? null : step.find(id, dtype);
  const twin = tf.keep(computedWith ? adopted(backend, computedWith) : toBfloat16(tensor));
  step.lowTwins.set(tensor.dataId, twin.dataId);
  return twin;
}

/** Another tensor over the same data. */
function shared(backend: NodeBackend, dataId: object, shape: number[]): tf.Tensor {
  backend.incRef(dataId);
  return tf.keep(tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype: 'float32' }));
}

/** A tensor over the buffer of a handle that stays another's. */
function adopted(backend: NodeBackend, handle: TensorHandle): tf.Tensor {
  const attrs = [{ name: 'T', ...attr.type(handle.dtype) }];
  const [{ id, shape }] = backend.binding.executeOp('Identity', attrs, [handle.id], 1);
  return backend.createOutputTensor({ id, shape, dtype: dtypeNumber(standInDType(handle.dtype)) });
}

function toBfloat16(tensor: tf.Tensor): tf.Tensor {
  const attrs = {
    SrcT: attr.type(nativeDType(tensor)),
    DstT: attr.type('bfloat16'),
    Truncate: attr.bool(false),
  };
  return rawOp('Cast', [tensor], attrs)[0];
}
