import type { NativeDType, OpCall } from '@fin/runtime';
import { dtypeName, readIndices } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';

/** Counts the floating-point operations of a call, mostly from the shapes of its inputs; null when it cannot. */
export type FlopsFormula = (call: OpCall) => number | null;

/**
 * Formulas by op, with the conventions of torch's `flop_counter`: a product counts 2 · rows · inner · columns, a multiply and an add
 * each. Attention is two products forward and five backward, one of which computes the scores again. Elementwise work is not counted.
 */
const formulas = new Map<string, FlopsFormula>([
  ['MatMul', product],
  ['BatchMatMul', product],
  ['BatchMatMulV2', product],
  ['_FusedMatMul', product],
  ['FinMatMul', product],
  ['FinPackedAttention', ({ inputs: [q, , , offsets] }) => 2 * attentionProduct(q, offsets)],
  ['FinPackedAttentionGrad', ({ inputs: [, q, , , offsets] }) => 5 * attentionProduct(q, offsets)],
  ['FinEncoder', encoder],
  ['FinEncoderGrad', encoderGrad],
  ['FinInt8Linear', ({ inputs: [{ shape: x }, { shape: weight }] }) => 2 * x[0] * x[1] * weight[0]],
  ['FinLstm', lstm],
  ['FinLstmGrad', lstmGrad],
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

/** Floating-point operations of a call; null for an op without a formula, and for a call with inputs that its formula cannot read. */
export function flopsOf(call: OpCall): number | null {
  const formula = formulas.get(call.op);
  if (!formula) return null;
  try {
    return formula(call);
  } catch {
    return null; // TensorFlow says better than a formula what is wrong with the inputs
  }
}

/** The dtype in which a call computes: that of its attribute `T`, else of its first input; null without either. */
export function computeDType({ attrs, inputs }: OpCall): NativeDType | null {
  const named = attrs.find(({ name }) => name === 'T')?.value;
  return typeof named === 'number' ? dtypeName(named) : (inputs[0]?.dtype ?? null);
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
 * One product of attention within sequences, such as that of queries and keys, over all heads.
 *
 * @param x [tokens, heads · headDim]
 * @param offsets int32 [sequences + 1]: the first row of each sequence, and the number of rows
 */
function attentionProduct(x: OpCall['inputs'][number], offsets: OpCall['inputs'][number]): number {
  const starts = readIndices(offsets);
  let pairs = 0;
  for (let i = 1; i < starts.length; i++) pairs += (starts[i] - starts[i - 1]) ** 2;
  return 2 * pairs * x.shape[1];
}

/** Linear layers in a layer of the encoder: query, key, value, attention output, intermediate, output. */
const LINEARS = 6;
/** Vectors in a layer: their biases, then gamma and beta of two norms. */
const VECTORS = LINEARS + 4;
/** Number of the intermediate linear layer; the output follows it. */
const INTERMEDIATE = 4;

/**
 * Inputs: x [tokens, hidden], offsets, the weights of all layers in packed form, their vectors, the factors of low-rank updates, the
 * updates, and the numbers of the trained parameters: for each layer the linear layers' weights, then its vectors.
 */
function encoder(call: OpCall): number {
  const { products, updates, attention } = encoderProducts(call, call.inputs);
  return products + updates + 2 * attention;
}

/** The same inputs after dy. Only trained weights have a product for their gradient, and each factor of an update has two products. */
function encoderGrad(call: OpCall): number {
  const { products, trained, updates, attention } = encoderProducts(call, call.inputs.slice(1));
  return products + trained + 2 * updates + 5 * attention;
}

function encoderProducts({ attrs }: OpCall, [x, offsets, ...parameters]: OpCall['inputs']) {
  const count = (name: string) => attrs.find((attr) => attr.name === name)?.value as number;
  const [tokens, hidden] = x.shape;
  const layers = count('N') / LINEARS;
  const vectors = parameters.slice(count('N'));
  const factors = vectors.slice(count('M'), count('M') + count('F'));
  const numbers = vectors[count('M') + count('F') + 1];
  const chosen = new Set(size(numbers.shape) === 0 ? [] : readIndices(numbers));
  let weights = 0; // elements of the weights of all layers
  let trained = 0; // and of those that are trained
  for (let layer = 0; layer < layers; layer++) {
    const [intermediate] = vectors[layer * VECTORS + INTERMEDIATE].shape;
    for (let linear = 0; linear < LINEARS; linear++) {
      const elements = hidden * (linear < INTERMEDIATE ? hidden : intermediate);
      weights += elements;
      if (chosen.has(layer * (LINEARS + VECTORS) + linear)) trained += elements;
    }
  }
  const narrow = factors.reduce((sum, { shape }) => sum + size(shape), 0);
  return {
    products: 2 * tokens * weights,
    trained: 2 * tokens * trained,
    updates: 2 * tokens * narrow,
    attention: layers * attentionProduct(x, offsets),
  };
}

/** Inputs: seq_len_max, x [time, batch, input], cs_prev, h_prev [batch, hidden], w [input + hidden, 4 · hidden], … */
function blockLstm({ inputs }: OpCall): number | null {
  const [, x, , , weights] = inputs;
  if (x?.shape.length !== 3 || weights?.shape.length !== 2) return null;
  const [time, batch] = x.shape;
  return 2 * time * batch * size(weights.shape);
}

/** Inputs: x [batch, time, input], seeds, then all weights, of which the matrices multiply. */
function lstm({ attrs, inputs }: OpCall): number {
  const count = attrs.find(({ name }) => name === 'N')?.value as number;
  return lstmProducts(inputs[0].shape, inputs.slice(-count));
}

/** Inputs: gradients of the output [batch, time, hidden] and of the last states, what the forward pass saved, seeds, matrices. */
function lstmGrad({ attrs, inputs }: OpCall): number {
  const value = (name: string) => attrs.find((attr) => attr.name === name)?.value;
  const weights = inputs.slice(-(value('M') as number));
  const backward = 2 * lstmProducts(inputs[0].shape, weights);
  // Without the gradient of x, the lowest input weights serve for their own gradient alone.
  return value('input_grad') ? backward : backward - lstmProducts(inputs[0].shape, weights.slice(0, 1));
}

function lstmProducts([batch, time]: readonly number[], weights: OpCall['inputs']): number {
  const matrices = weights.filter(({ shape }) => shape.length === 2);
  return 2 * batch * time * matrices.reduce((sum, { shape }) => sum + size(shape), 0);
}

const twice = (flops: number | null): number | null => (flops === null ? null : 2 * flops);

const size = (shape: readonly number[]): number => tf.util.sizeFromShape([...shape]);
