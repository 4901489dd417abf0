import { viewAs } from '@fin/files/safetensors';
import { elementsOf } from './torch-tensor.js';

/**
 * Copies a strided tensor's elements into row-major order.
 *
 * @param span bytes from the tensor's first element to its last
 * @param width bytes of an element: 1, 2, 4 or 8
 * @param strides elements from one index to the next, for each dimension
 */
export function gatherStrided(
  span: Uint8Array,
  width: number,
  shape: readonly number[],
  strides: readonly number[],
): Uint8Array {
  if (width === 8) {
    return gatherStrided(span, 4, [...shape, 2], [...strides.map((stride) => 2 * stride), 1]);
  }
  const unit = width === 4 ? 'U32' : width === 2 ? 'U16' : 'U8';
  const bytes = new Uint8Array(elementsOf(shape) * width);
  const source = viewAs(unit, span);
  const gathered = viewAs(unit, bytes);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < gathered.length; to++) {
    gathered[to] = source[from] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return bytes;
}
