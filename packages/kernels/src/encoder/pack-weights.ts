import type { Attr, Interceptor, NativeDType, Next, TensorHandle } from '@fin/runtime';
import {
  attr,
  attrList,
  castAttrs,
  derivedHandles,
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
  const matrices = weights.filter(({ shape }) => shape.length === 2);
  const coded = weights.filter(({ encoding }) => encoding);
  const packed = packedWeights(matrices, form, next);
  const inputs = [
    ...call.inputs.slice(0, first),
    ...weights.map((weight) => packed.get(weight) ?? weight),
    ...coded,
    ...call.inputs.slice(end),
  ];
  const attrs = call.attrs.map((one) => (one.name === 'Q' ? { ...one, value: coded.length } : one));
  return next({ ...call, attrs, inputs });
};

/** What packed weights are. */
interface Form {
  readonly dtype: NativeDType;
  readonly transposed: boolean;
}

/** The packed form of each weight. Those of one dtype that have none yet are packed together. */
function packedWeights(
  weights: readonly TensorHandle[],
  form: Form,
  next: Next,
): ReadonlyMap<TensorHandle, TensorHandle> {
  const key = `packed ${form.dtype}${form.transposed ? ' transposed' : ''}`;
  const results = new Map<TensorHandle, TensorHandle>();
  for (const dtype of new Set(weights.map(storedAs))) {
    const alike = weights.filter((weight) => storedAs(weight) === dtype);
    const make = (missing: readonly TensorHandle[]) =>
      dtype === 'float16'
        ? missing.map((weight) => packWidened(weight, form, next))
        : pack(missing, dtype, form, next);
    for (const [i, packed] of derivedHandles(alike, key, make).entries()) results.set(alike[i], packed);
  }
  return results;
}

const storedAs = ({ encoding, dtype }: TensorHandle): NativeDType => (encoding ? 'uint8' : dtype);

function packWidened(weight: TensorHandle, form: Form, next: Next): TensorHandle {
  const attrs = attrList(castAttrs('float16', 'float32'));
  const [wide] = next({ op: 'Cast', attrs, inputs: [weight], nOutputs: 1 });
  try {
    return pack([wide], 'float32', form, next)[0];
  } finally {
    releaseHandle(wide);
  }
}

function pack(
  weights: readonly TensorHandle[],
  stored: NativeDType,
  { dtype, transposed }: Form,
  next: Next,
): TensorHandle[] {
  const attrs = attrList({
    T: attr.type(dtype),
    W: attr.type(stored),
    N: attr.int(weights.length),
    transposed: attr.bool(transposed),
  });
  return next({ op: 'FinPackWeights', attrs, inputs: weights, nOutputs: weights.length });
}

function numberOf(attrs: readonly Attr[], name: string): number {
  return attrs.find((attribute) => attribute.name === name)?.value as number;
}
