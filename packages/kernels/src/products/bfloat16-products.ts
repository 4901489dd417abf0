import type { Attr, Interceptor, OpCall } from '@fin/runtime';
import { attr, installInterceptor } from '@fin/runtime';
import { fusedOpsApply } from '../has-kernel.js';
import { kernelsState } from '../state.js';

/** TensorFlow's matrix products with the names of the attributes that transpose their factors. */
const TRANSPOSE: Readonly<Record<string, readonly [string, string]>> = {
  MatMul: ['transpose_a', 'transpose_b'],
  BatchMatMul: ['adj_x', 'adj_y'],
  BatchMatMulV2: ['adj_x', 'adj_y'],
};

const bfloat16 = attr.type('bfloat16');

/** From here on `FinMatMul` computes the matrix products of two bfloat16 tensors; see {@link computesBfloat16Products}. */
export function takeBfloat16Products(): void {
  installInterceptor('@fin/kernels: bfloat16 products', intercept);
}

/**
 * Whether this package computes the matrix products of bfloat16 tensors in TensorFlow's place, whoever asks for them. It does once
 * `loadKernels` has been called, on processors that have no instructions for such products: there TensorFlow's take up to
 * five times as long as in float32, and these about as long.
 */
export function computesBfloat16Products(): boolean {
  return kernelsState().report?.bfloat16Products === true && fusedOpsApply();
}

const intercept: Interceptor = (call, next) => {
  if (!Object.hasOwn(TRANSPOSE, call.op) || !fits(call) || !fusedOpsApply()) return next(call);
  const [x, y] = TRANSPOSE[call.op];
  const attrs: Attr[] = [
    { name: 'T', ...bfloat16 },
    { name: 'adj_x', ...attr.bool(isSet(call.attrs, x)) },
    { name: 'adj_y', ...attr.bool(isSet(call.attrs, y)) },
  ];
  return next({ ...call, op: 'FinMatMul', attrs });
};

/** Whether both factors are bfloat16 and are to be multiplied as that, matrix by matrix. */
function fits({ inputs: [a, b], attrs }: OpCall): boolean {
  if (a.dtype !== 'bfloat16' || b.dtype !== 'bfloat16') return false;
  if (!attrs.some(({ name, value }) => name === 'T' && value === bfloat16.value)) return false;
  const rank = a.shape.length;
  return b.shape.length === rank && a.shape.slice(0, rank - 2).every((size, i) => size === b.shape[i]);
}

function isSet(attrs: readonly Attr[], name: string): boolean {
  return attrs.some((attribute) => attribute.name === name && attribute.value === true);
}
