import type { OpCall } from '@fin/runtime';

const products = new Set(['MatMul', 'BatchMatMul', 'BatchMatMulV2']);

/**
 * Multiplications and additions of a matrix product, or null for another op: 2 · batch · m · k · n, as torch.profiler counts them.
 * The inner length is read off the first operand, whichever way round it lies.
 */
export function matmulFlops({ op, attrs, inputs }: OpCall): number | null {
  if (!products.has(op) || inputs.length < 2) return null;
  const transposed = (name: string) => attrs.some((attr) => attr.name === name && attr.value === true);
  const [a, b] = inputs.map(({ shape }) => shape);
  const [rows, inner] =
    transposed('transpose_a') || transposed('adj_x') ? [a.at(-1)!, a.at(-2)!] : [a.at(-2)!, a.at(-1)!];
  const columns = transposed('transpose_b') || transposed('adj_y') ? b.at(-2)! : b.at(-1)!;
  const batch = Math.max(size(a.slice(0, -2)), size(b.slice(0, -2)));
  return 2 * batch * rows * inner * columns;
}

const size = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);
