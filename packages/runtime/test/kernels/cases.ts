import * as tf from '@tensorflow/tfjs-core';

/** A float32 input of random values, by its shape, or values given with shape and dtype. */
type Input = number[] | { readonly values: [number[], number[], 'int32' | 'bool' | 'float32'] };

type Op = (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
interface Case {
  readonly op: Op;
  readonly inputs: readonly Input[];
  /** Whether gradients are compared too. */
  readonly gradient: boolean;
}

const int = (values: number[], shape: number[] = [values.length]): Input => ({
  values: [values, shape, 'int32'],
});
const bool = (values: number[], shape: number[] = [values.length]): Input => ({
  values: [values, shape, 'bool'],
});
const float = (values: number[], shape: number[] = [values.length]): Input => ({
  values: [values, shape, 'float32'],
});
/** Compared forward and backward. */
const both = (op: Op, ...inputs: Input[]): Case => ({ op, inputs, gradient: true });
/** Compared forward only. */
const forward = (op: Op, ...inputs: Input[]): Case => ({ op, inputs, gradient: false });

const as1d = (x: tf.Tensor): tf.Tensor1D => tf.reshape(x, [-1]);
const layerNorm = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor => {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(centred), -1, true);
  return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-12))), gamma), beta);
};
/** The ops that encoder, LSTM, fusion model, losses and optimizers are made of, and their neighbours in a student's model. */
export const CASES: Readonly<Record<string, Case>> = {
  matMul: both((a, b) => tf.matMul(a!, b!), [3, 4], [4, 5]),
  'matMul transposed': both((a, b) => tf.matMul(a!, b!, true, true), [4, 3], [5, 4]),
  'matMul batched': both((a, b) => tf.matMul(a!, b!), [2, 3, 4, 5], [2, 3, 5, 2]),
  'matMul batched, second transposed': both(
    (a, b) => tf.matMul(a!, b!, false, true),
    [2, 3, 4, 5],
    [2, 3, 6, 5],
  ),
  'matMul of a batch by one matrix': both((a, b) => tf.matMul(a!, b!), [2, 3, 4], [4, 5]),
  'matMul broadcast, both transposed': both(
    (a, b) => tf.matMul(a!, b!, true, true),
    [2, 3, 4, 3],
    [1, 1, 5, 4],
  ),
  'matMul, only the first transposed': both((a, b) => tf.matMul(a!, b!, true), [1, 4, 3], [2, 4, 5]),
  squaredDifference: both((a, b) => tf.squaredDifference(a!, b!), [2, 3, 4], [3, 1]),
  'matMul of empty matrices': both((a, b) => tf.matMul(a!, b!), [2, 3, 0], [2, 0, 5]),
  'matMul int32': forward((a, b) => tf.matMul(a!, b!), int([1, 2, 3, 4], [2, 2]), int([5, 6, 7, 8], [2, 2])),
  'fused matMul': both(
    (a, b, bias) => tf.fused.matMul({ a: a!, b: b!, bias: bias!, activation: 'relu' }),
    [3, 4],
    [4, 5],
    [5],
  ),
  add: both((a, b) => tf.add(a!, b!), [3, 4], [4]),
  sub: both((a, b) => tf.sub(a!, b!), [3, 4], [4]),
  mul: both((a, b) => tf.mul(a!, b!), [2, 3, 4], [3, 1]),
  div: both((a, b) => tf.div(a!, tf.add(tf.square(b!), 1)), [3, 4], [1, 4]),
  pow: both((a) => tf.pow(tf.add(tf.abs(a!), 0.1), 2.5), [3, 4]),
  maximum: both((a, b) => tf.maximum(a!, b!), [3, 4], [3, 4]),
  minimum: both((a, b) => tf.minimum(a!, b!), [3, 4], [3, 4]),
  addN: both((a, b) => tf.addN([a!, b!, a!]), [3, 4], [3, 4]),
  'gather rows (embedding)': both((x, ids) => tf.gather(x!, ids as tf.Tensor1D), [3, 4], int([0, 2, 2, 1])),
  'gather by a matrix': both((x, ids) => tf.gather(x!, ids!), [3, 4], int([0, 2, 2, 1], [2, 2])),
  'gather columns': both((x, ids) => tf.gather(x!, ids!, 1), [3, 4], int([0, 3, 1])),
  'gather batched': both((x, ids) => tf.gather(x!, ids!, 1, 1), [2, 3, 4], int([0, 1, 1, 0, 2, 2], [2, 3])),
  'gather int32': forward((x, ids) => tf.gather(x!, ids!), int([5, 6, 7]), int([2, 0])),
  gatherND: forward((x, ids) => tf.gatherND(x!, ids!), [3, 4], int([0, 1, 2, 3], [2, 2])),
  scatterND: forward((ids, x) => tf.scatterND(ids!, x!, [3, 4]), int([0, 2], [2, 1]), [2, 4]),
  unsortedSegmentSum: both((x, ids) => tf.unsortedSegmentSum(x!, as1d(ids!), 3), [4, 5], int([0, 2, 0, 1])),
  'unsortedSegmentSum with dropped rows': forward(
    (x, ids) => tf.unsortedSegmentSum(x!, as1d(ids!), 3),
    [4, 5],
    int([0, -1, 0, 1]),
  ),
  softmax: both((x) => tf.softmax(x!), [2, 3, 4]),
  logSoftmax: both((x) => tf.logSoftmax(x!), [2, 3, 4]),
  logSumExp: both((x) => tf.logSumExp(x!, -1), [2, 3, 4]),
  erf: both((x) => tf.erf(x!), [3, 4]),
  gelu: both((x) => tf.mul(tf.mul(0.5, x!), tf.add(1, tf.erf(tf.mul(x!, Math.SQRT1_2)))), [3, 4]),
  tanh: both((x) => tf.tanh(x!), [3, 4]),
  sigmoid: both((x) => tf.sigmoid(x!), [3, 4]),
  relu: both((x) => tf.relu(x!), [3, 4]),
  leakyRelu: both((x) => tf.leakyRelu(x!), [3, 4]),
  elu: both((x) => tf.elu(x!), [3, 4]),
  prelu: both((x, alpha) => tf.prelu(x!, alpha!), [3, 4], [4]),
  softplus: both((x) => tf.softplus(x!), [3, 4]),
  logSigmoid: both((x) => tf.logSigmoid(x!), [3, 4]),
  exp: both((x) => tf.exp(x!), [3, 4]),
  'exp int32': forward((x) => tf.exp(x!), int([-1, 2])),
  log: both((x) => tf.log(tf.add(tf.abs(x!), 0.1)), [3, 4]),
  sqrt: both((x) => tf.sqrt(tf.add(tf.abs(x!), 0.1)), [3, 4]),
  rsqrt: both((x) => tf.rsqrt(tf.add(tf.abs(x!), 0.1)), [3, 4]),
  square: both((x) => tf.square(x!), [3, 4]),
  abs: both((x) => tf.abs(x!), [3, 4]),
  neg: both((x) => tf.neg(x!), [3, 4]),
  sign: both((x) => tf.sign(x!), [3, 4]),
  clipByValue: both((x) => tf.clipByValue(x!, -0.5, 0.5), [3, 4]),
  'clipByValue int32': forward((x) => tf.clipByValue(x!, 0, 1), int([-1, 2])),
  sum: both((x) => tf.sum(x!, 1), [2, 3, 4]),
  'sum bool': forward((x) => tf.sum(x!), bool([1, 0, 1])),
  mean: both((x) => tf.mean(x!, -1, true), [2, 3, 4]),
  max: both((x) => tf.max(x!, -1), [2, 3, 4]),
  prod: both((x) => tf.prod(x!, 1), [2, 3, 4]),
  moments: both((x) => Object.values(tf.moments(x!, [-1], true)) as tf.Tensor[], [2, 3, 4]),
  norm: both((x) => tf.norm(x!), [3, 4]),
  cumsum: both((x) => tf.cumsum(x!, 1, true, true), [3, 4]),
  layerNorm: both((x, gamma, beta) => layerNorm(x!, gamma!, beta!), [2, 3, 8], [8], [8]),
  transpose: both((x) => tf.transpose(x!, [0, 2, 1, 3]), [2, 3, 4, 5]),
  reshape: both((x) => tf.reshape(x!, [6, 4]), [2, 3, 4]),
  expandDims: both((x) => tf.expandDims(x!, 1), [3, 4]),
  slice: both((x) => tf.slice(x!, [1, 0], [2, 3]), [3, 4]),
  concat: both((a, b) => tf.concat([a!, b!], 1), [3, 4], [3, 2]),
  split: both((x) => tf.split(x!, [1, 3], 1), [3, 4]),
  stack: both((a, b) => tf.stack([a!, b!], 1), [3, 4], [3, 4]),
  unstack: both((x) => tf.unstack(x!, 1), [3, 4]),
  tile: both((x) => tf.tile(x!, [2, 1]), [3, 4]),
  pad: both(
    (x) =>
      tf.pad(x!, [
        [1, 0],
        [0, 2],
      ]),
    [3, 4],
  ),
  reverse: both((x) => tf.reverse(x!, 1), [3, 4]),
  broadcastTo: both((x) => tf.broadcastTo(x!, [3, 4]), [1, 4]),
  where: both((mask, a, b) => tf.where(mask!, a!, b!), bool([1, 0, 1, 0, 1, 1], [3, 2]), [3, 2], [3, 2]),
  'where, mask broadcast': both(
    (mask, a, b) => tf.where(mask!, a!, b!),
    bool([1, 0, 1], [3, 1]),
    [3, 4],
    [3, 4],
  ),
  'where int32': forward((mask, a, b) => tf.where(mask!, a!, b!), bool([1, 0]), int([1, 2]), int([3, 4])),
  'where bool': forward((mask, a, b) => tf.where(mask!, a!, b!), bool([1, 0]), bool([1, 1]), bool([0, 0])),
  oneHot: forward((ids) => tf.oneHot(ids!, 4), int([0, 2, 1])),
  'oneHot float32': forward((ids) => tf.oneHot(ids!, 4, 1, 0, 'float32'), int([0, 2, 1])),
  'oneHot bool': forward((ids) => tf.oneHot(ids!, 4, 1, 0, 'bool'), int([0, 2, 1])),
  argMax: forward((x) => tf.argMax(x!, -1), [3, 4]),
  'argMax bool': forward((x) => tf.argMax(x!), bool([0, 1, 0])),
  topk: forward((x) => Object.values(tf.topk(x!, 2)) as tf.Tensor[], [3, 4]),
  equal: forward((a, b) => tf.equal(a!, b!), int([1, 2, 3]), int([1, 0, 3])),
  greater: forward((a, b) => tf.greater(a!, b!), [5], [5]),
  logicalAnd: forward((a, b) => tf.logicalAnd(a!, b!), bool([1, 0]), bool([1, 1])),
  logicalXor: forward((a, b) => tf.logicalXor(a!, b!), bool([1, 0]), bool([1, 1])),
  'cast float32 to bool': forward((x) => tf.cast(x!, 'bool'), float([0.5, 0, -0.25, 256])),
  'cast int32 to bool': forward((x) => tf.cast(x!, 'bool'), int([256, 0, -1])),
  'cast float32 to int32': forward((x) => tf.cast(x!, 'int32'), float([1.9, -1.9, 0])),
  'cast bool to float32': forward((x) => tf.cast(x!, 'float32'), bool([1, 0])),
  isNaN: forward((x) => tf.isNaN(x!), float([1, Number.NaN, Number.POSITIVE_INFINITY])),
  einsum: forward((a, b) => tf.einsum('bij,bjk->bik', a!, b!), [2, 3, 4], [2, 4, 5]),
  'einsum of one': forward((a) => tf.einsum('ij->ji', a!), [2, 3]),
  'einsum with a transposed operand': forward((a, b) => tf.einsum('ij,kj->ik', a!, b!), [2, 3], [4, 3]),
  'confusion matrix': forward(
    (a, b) => tf.math.confusionMatrix(as1d(a!), as1d(b!), 3),
    int([0, 1, 2]),
    int([0, 2, 2]),
  ),
  'mean squared error': both((a, b) => tf.losses.meanSquaredError(a!, b!), [3, 4], [3, 4]),
  'huber loss': both((a, b) => tf.losses.huberLoss(a!, b!), [3, 4], [3, 4]),
  'softmax cross entropy': both(
    (x, ids) => tf.losses.softmaxCrossEntropy(tf.oneHot(ids!, 4), x!),
    [3, 4],
    int([0, 2, 1]),
  ),
  'softmax cross entropy, weighted and smoothed': both(
    (x, ids) => tf.losses.softmaxCrossEntropy(tf.oneHot(ids!, 4), x!, tf.tensor1d([1, 2, 3]), 0.1),
    [3, 4],
    int([0, 2, 1]),
  ),
  'sigmoid cross entropy': both(
    (x, ids) => tf.losses.sigmoidCrossEntropy(tf.oneHot(ids!, 4), x!),
    [3, 4],
    int([0, 2, 1]),
  ),
  batchNorm: both(
    (x, scale, offset) =>
      tf.batchNorm(x!, tf.zeros([4]), tf.ones([4]), offset as tf.Tensor1D, scale as tf.Tensor1D),
    [3, 4],
    [4],
    [4],
  ),
};
