import type { Attr, NativeDType, Next, TensorHandle } from '@fin/runtime';
import { attr } from '@fin/runtime';

/** A copy of a handle in another dtype, made by the rest of the chain; the caller owns it. */
export function castHandle(next: Next, input: TensorHandle, dtype: NativeDType): TensorHandle {
  const attrs: Attr[] = [
    { name: 'SrcT', ...attr.type(input.dtype) },
    { name: 'DstT', ...attr.type(dtype) },
    { name: 'Truncate', ...attr.bool(false) },
  ];
  return next({ op: 'Cast', attrs, inputs: [input], nOutputs: 1 })[0];
}
