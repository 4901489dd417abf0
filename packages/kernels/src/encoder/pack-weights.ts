import type { Attr, Interceptor, NativeDType, Next, TensorHandle } from '@fin/runtime';
import {
  attr,
  attrList,
  castAttrs,
  derivedHandle,
  dtypeName,
  installInterceptor,
  releaseHandle,
} from '@fin/runtime';

/** Number of inputs of `FinEncoder` before its weights: x and the offsets. */
export const BEFORE_WEIGHTS = 2;

/**
 * Gives `FinEncoder` its weights in packed form from now on. Callers pass them as they are, [out, in] in any float dtype. By the
 * time a call comes here, autocast has decided in which dtype it computes. A weight is packed once for each dtype; the packed copy
 * is freed with the weight, also when a variable is assigned.
 */
export function packEncoderWeights(): void {
  installInterceptor('@fin/kernels: packed weights', intercept);
}

const intercept: Interceptor = (call, next) => {
  if (call.op !== 'FinEncoder') return next(call);
  const dtype = dtypeName(numberOf(call.attrs, 'T'));
  const end = BEFORE_WEIGHTS + numberOf(call.attrs, 'N');
  const inputs = call.inputs.map((input, i) =>
    i >= BEFORE_WEIGHTS && i < end && input.shape.length === 2 ? packed(input, dtype, next) : input,
  );
  return next({ ...call, inputs });
};

function packed(weight: TensorHandle, dtype: NativeDType, next: Next): TensorHandle {
  return derivedHandle(weight, `packed ${dtype}`, () => {
    if (weight.dtype !== 'float16') return pack(weight, dtype, next);
    const attrs = attrList(castAttrs('float16', 'float32'));
    const [wide] = next({ op: 'Cast', attrs, inputs: [weight], nOutputs: 1 });
    try {
      return pack(wide, dtype, next);
    } finally {
      releaseHandle(wide);
    }
  });
}

function pack(weight: TensorHandle, dtype: NativeDType, next: Next): TensorHandle {
  const attrs = attrList({ T: attr.type(dtype), W: attr.type(weight.dtype) });
  return next({ op: 'FinPackWeight', attrs, inputs: [weight], nOutputs: 1 })[0];
}

function numberOf(attrs: readonly Attr[], name: string): number {
  return attrs.find((attribute) => attribute.name === name)?.value as number;
}
