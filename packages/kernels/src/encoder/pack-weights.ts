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

/** Number of inputs before the weights: x and the offsets; for the gradient also dy. */
const BEFORE_WEIGHTS: Readonly<Record<string, number>> = { FinEncoder: 2, FinEncoderGrad: 3 };

/**
 * Gives `FinEncoder` its weights in packed form from now on, and `FinEncoderGrad` transposed. Callers pass them as they are, [out, in]
 * in any float dtype. By the time a call comes here, autocast has decided in which dtype it computes. A weight is packed once for each
 * dtype and form; the packed copy is freed with the weight, also when a variable is assigned. A weight in few bits is passed as it is, after
 * the others; an empty tensor marks its place.
 */
export function packEncoderWeights(): void {
  installInterceptor('@fin/kernels: packed weights', intercept);
}

const intercept: Interceptor = (call, next) => {
  if (!Object.hasOwn(BEFORE_WEIGHTS, call.op)) return next(call);
  const first = BEFORE_WEIGHTS[call.op];
  const form = {
    dtype: dtypeName(numberOf(call.attrs, 'T')),
    transposed: call.op === 'FinEncoderGrad',
  };
  const end = first + numberOf(call.attrs, 'N');
  const weights = call.inputs.slice(first, end);
  const coded = weights.filter(({ encoding }) => encoding);
  const inputs = [
    ...call.inputs.slice(0, first),
    ...weights.map((weight) => (weight.shape.length === 2 ? packed(weight, form, next) : weight)),
    ...coded,
    ...call.inputs.slice(end),
  ];
  const attrs = call.attrs.map((one) => (one.name === 'Q' ? { ...one, value: coded.length } : one));
  return next({ ...call, attrs, inputs });
};

/** What a packed weight is. */
interface Form {
  readonly dtype: NativeDType;
  readonly transposed: boolean;
}

function packed(weight: TensorHandle, form: Form, next: Next): TensorHandle {
  const key = `packed ${form.dtype}${form.transposed ? ' transposed' : ''}`;
  return derivedHandle(weight, key, () => {
    if (weight.dtype !== 'float16') return pack(weight, form, next);
    const attrs = attrList(castAttrs('float16', 'float32'));
    const [wide] = next({ op: 'Cast', attrs, inputs: [weight], nOutputs: 1 });
    try {
      return pack(wide, form, next);
    } finally {
      releaseHandle(wide);
    }
  });
}

function pack(weight: TensorHandle, { dtype, transposed }: Form, next: Next): TensorHandle {
  const attrs = attrList({
    T: attr.type(dtype),
    W: attr.type(weight.encoding ? 'uint8' : weight.dtype),
    transposed: attr.bool(transposed),
  });
  return next({ op: 'FinPackWeight', attrs, inputs: [weight], nOutputs: 1 })[0];
}

function numberOf(attrs: readonly Attr[], name: string): number {
  return attrs.find((attribute) => attribute.name === name)?.value as number;
}
