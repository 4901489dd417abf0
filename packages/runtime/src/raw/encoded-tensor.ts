import * as tf from '@tensorflow/tfjs-core';
import { nativeHandleId, nodeBackend } from '../backend/node-backend.js';
import { elementBytes } from '../dispatch/dtypes.js';
import type { Encoding } from '../dispatch/op-call.js';
import { RawOpError } from '../errors.js';
import { runtimeState } from '../state.js';

/**
 * A float32 tensor whose native data are bytes in a format of their own, such as weights in 4 bits. Ops that the format names get the bytes.
 * Any other op, and a read, gets a plain float32 tensor, which is made for it alone and freed after it.
 *
 * @param bytes uint8 [bytes], on native TensorFlow; from now on its data are known by the new tensor's shape and dtype, so dispose it
 * @returns owned by the caller; its data are freed with it
 */
export function encodedTensor(bytes: tf.Tensor, shape: readonly number[], encoding: Encoding): tf.Tensor {
  const backend = nodeBackend();
  const id = backend && nativeHandleId(backend, bytes.dataId);
  if (backend === null || id === null) {
    throw new RawOpError(encoding.decodeOp, `a tensor in ${encoding.name} needs the native backend`);
  }
  runtimeState().handles!.encode(id, shape, encoding);
  backend.incRef(bytes.dataId);
  return tf.engine().makeTensorFromTensorInfo({ dataId: bytes.dataId, shape: [...shape], dtype: 'float32' });
}

/** The name of the format in which a tensor's data are encoded; null for plain data. */
export function encodingOf(tensor: tf.Tensor): string | null {
  const backend = nodeBackend();
  const id = backend && nativeHandleId(backend, tensor.dataId);
  const handle = id === null ? undefined : runtimeState().handles?.get(id);
  return handle?.encoding?.name ?? null;
}

/** Bytes that a tensor's data take: in its native dtype, or encoded. */
export function storedBytes(tensor: tf.Tensor): number {
  const backend = nodeBackend();
  const id = backend && nativeHandleId(backend, tensor.dataId);
  const handle = id === null ? undefined : runtimeState().handles?.get(id);
  return handle?.encodedBytes ?? tensor.size * elementBytes(handle?.dtype ?? tensor.dtype);
}
