import type { OpCall } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';

/** Counts the floating-point operations of a call from the shapes of its inputs; null when it cannot. */
export type FlopsFormula = (call: OpCall) => number | null;

/**
 * Formulas by op. A product counts 2 · rows · inner · columns, a multiply and an add each, as torch.profiler's `with_flops` does.
 * Elementwise work is not counted.
 */
const formulas = new Map<string, FlopsFormula>([
  ['MatMul', product],
  ['BatchMatMul', product],
  ['BatchMatMulV2', product],
  ['_FusedMatMul', product],
  ['FinMatMul', product],
  ['FinEncoder', encoder],
  ['BlockLSTM', blockLstm],
  ['BlockLSTMV2', blockLstm],
  // The gradient has two products (of inputs and of weights) for each one of the forward pass.
  ['BlockLSTMGrad', (call) => twice(blockLstm(call))],
  ['BlockLSTMGradV2', (call) => twice(blockLstm(call))],
]);

/** Adds the formula of an op, such as one of a native library of your own, or replaces it. */
export function registerFlops(op: string, formula: FlopsFormula): void {
  formulas.set(op, formula);
}

/** Floating-point operations of a call; null for an op without a formula. */
export function flopsOf(call: OpCall): number | null {
  return formulas.get(call.op)?.(call) ?? null;
}

/** Reads the inner size from the first operand, transposed or not. */
function product({ attrs, inputs }: OpCall): number | null {
  if (inputs.length < 2) return null;
  const transposed = (...names: string[]) =>
    attrs.some((attr) => names.includes(attr.name) && attr.value === true);
  const [a, b] = inputs.map(({ shape }) => shape);
  if (a.length < 2 || b.length < 2) return null;
  const [rows, inner] = transposed('transpose_a', 'adj_x') ? [a.at(-1)!, a.at(-2)!] : [a.at(-2)!, a.at(-1)!];
  const columns = transposed('transpose_b', 'adj_y') ? b.at(-2)! : b.at(-1)!;
  const batch = Math.max(size(a.slice(0, -2)), size(b.slice(0, -2)));
  return 2 * batch * rows * inner * columns;
}

/**
 * The linear layers of an encoder: 2 · tokens · elements of all weights. Its attention, a few percent for short sequences, does not
 * follow from the shapes.
 */
function encoder({ attrs, inputs }: OpCall): number {
  const weights = attrs.find(({ name }) => name === 'N')?.value as number;
  const elements = inputs.slice(2, 2 + weights).reduce((sum, { shape }) => sum + size(shape), 0);
  return 2 * inputs[0].shape[0] * elements;
}

/** Inputs: seq_len_max, x [time, batch, input], cs_prev, h_prev [batch, hidden], w [input + hidden, 4 · hidden], … */
function blockLstm({ inputs }: OpCall): number | null {
  const [, x, , , weights] = inputs;
  if (x?.shape.length !== 3 || weights?.shape.length !== 2) return null;
  const [time, batch] = x.shape;
  return 2 * time * batch * size(weights.shape);
}

const twice = (flops: number | null): number | null => (flops === null ? null : 2 * flops);

const size = (shape: readonly number[]): number => tf.util.sizeFromShape([...shape]);
