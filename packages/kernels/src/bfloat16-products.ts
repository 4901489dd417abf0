import type { Attr, Interceptor, OpCall } from '@fin/runtime';
import { attr, installInterceptor } from '@fin/runtime';
import { fusedOpsApply, kernelsState } from './state.js';

/** TensorFlow's matrix product ops, and the attributes of each that transpose its factors. */
const TRANSPOSE: Readonly<Record<string, readonly [string, string]>> = {
  MatMul: ['transpose_a', 'transpose_b'],
  BatchMatMul: ['adj_x', 'adj_y'],
  BatchMatMulV2: ['adj_x', 'adj_y'],
};

const bfloat16 = attr.type('bfloat16');

/** Routes the products of bfloat16 matrices to `FinMatMul` from now on; see {@link computesBfloat16Products}. */
export function routeBfloat16Products(): void {
  installInterceptor('@fin/kernels: bfloat16 products', intercept);
}

/**
 * Whether this package multiplies bfloat16 matrices in place of TensorFlow, for all callers. True after `loadKernels` on
 * processors without bfloat16 instructions. There TensorFlow's bfloat16 product takes up to five times as long as its float32
 * product; this one takes about as long.
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

/** Whether both factors are bfloat16, the call multiplies them as such, and no batch dimension is broadcast. */
function fits({ inputs: [a, b], attrs }: OpCall): boolean {
  if (a.dtype !== 'bfloat16' || b.dtype !== 'bfloat16') return false;
  if (!attrs.some(({ name, value }) => name === 'T' && value === bfloat16.value)) return false;
  const rank = a.shape.length;
  return b.shape.length === rank && a.shape.slice(0, rank - 2).every((size, i) => size === b.shape[i]);
}

function isSet(attrs: readonly Attr[], name: string): boolean {
  return attrs.some((attribute) => attribute.name === name && attribute.value === true);
}
