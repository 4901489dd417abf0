import type { NativeDType } from '@fin/runtime';
import { attr, castNative, nativeDType, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { AttentionPlan, BatchPart } from '../attention/attention-plan.js';
import { differentiable } from '../differentiable.js';
import { expectInference, isDynamicInt8 } from '../low-bit/dynamic-int8.js';
import { inDType, noTensor, storageDType, trains } from '../storage.js';
import type { EncoderLayer, EncoderOptions } from './encoder-inputs.js';
import { LINEARS, ownParameters } from './encoder-inputs.js';

/** Inputs of both ops that describe the layers. */
interface LayerInputs {
  readonly weights: tf.Tensor[];
  readonly vectors: tf.Tensor[];
  /** A and B of each update */
  readonly factors: tf.Tensor[];
  /** `[updates, 2]`: number of the linear layer among all, and scaling */
  readonly updates: tf.Tensor;
}

/** `FinEncoder`. While a gradient is being recorded, it saves activations and keep bits of dropout for `FinEncoderGrad`. */
export function fusedEncoder(
  x: tf.Tensor2D,
  { offsets, part }: AttentionPlan & { readonly offsets: Int32Array },
  layers: readonly EncoderLayer[],
  options: EncoderOptions,
): tf.Tensor2D {
  const { heads, eps = 1e-5, inputGradient = true } = options;
  const dtype = storageDType([x]) ?? 'float32';
  const input = inExactly(x, dtype);
  const recorded = tf.engine().isTapeOn();
  if (layers.some((layer) => LINEARS.some((name) => isDynamicInt8(layer[name].weight))))
    expectInference('encoder');
  const parameters = recorded ? layers.flatMap(ownParameters) : [];
  const numbers = [...parameters.keys()].filter((i) => trains(parameters[i]));
  const { weights, vectors, factors, updates } = layerInputs(layers);
  const trained = numbers.length === 0 ? noTensor('int32') : tf.tensor1d(numbers, 'int32');
  const { dropouts, seeds } = dropoutsOf(layers, options, part);
  const saved = recorded ? layers.length : 0;
  const attrs = {
    // Autocast may change it. The op converts x and the weights by itself.
    T: attr.type('float32'),
    X: attr.type(dtype),
    N: attr.int(weights.length),
    Q: attr.int(0), // weights in few bits are moved to a list of their own
    M: attr.int(vectors.length),
    F: attr.int(factors.length),
    S: attr.int(saved),
    heads: attr.int(heads),
    scale: attr.float(1 / Math.sqrt(x.shape[1] / heads)),
  };
  const rows = tf.tensor1d(offsets, 'int32');
  let computed: NativeDType = 'float32';
  const forward = (save?: (tensors: tf.Tensor[]) => void) => {
    const before = [input, rows, ...weights, ...vectors, ...factors, updates, trained, dropouts, seeds];
    const attributes = { ...attrs, epsilon: attr.float(eps) };
    const [y, ...kept] = rawOp('FinEncoder', before, attributes, saved + 4);
    computed = nativeDType(y);
    save?.([input, rows, ...factors, updates, trained, dropouts, ...kept]);
    return y as tf.Tensor2D;
  };
  if (saved === 0) return forward();
  const updated = factorsOf(layers);
  const variables: tf.Tensor[] = [...updated, ...numbers.map((i) => parameters[i])];
  return differentiable({
    inputs: { ...(inputGradient && { x: input }), ...Object.fromEntries(variables.entries()) },
    forward,
    gradients: (dy, [input, rows, ...others]) => {
      const factors = others.slice(0, updated.length);
      const [updates, trained, dropouts, ...kept] = others.slice(updated.length);
      const { weights, vectors } = layerInputs(layers);
      // Autocast may hold x and the activations in a lower dtype than the forward pass computed in.
      const before = [inExactly(dy, computed), inExactly(input, dtype), rows, ...weights, ...vectors];
      const activations = kept.slice(0, saved).map((tensor) => inExactly(tensor, computed));
      const [dx, ...gradients] = rawOp(
        'FinEncoderGrad',
        [...before, ...factors, updates, trained, dropouts, ...activations, ...kept.slice(saved)],
        {
          ...attrs,
          G: attr.int(numbers.length),
          T: attr.type(computed),
          input_grad: attr.bool(inputGradient),
        },
        1 + variables.length,
      );
      const own = gradients.map((gradient, i) => [i, () => gradient] as const);
      return { ...(inputGradient && { x: () => dx }), ...Object.fromEntries(own) };
    },
  }) as tf.Tensor2D;
}

/** The tensor in that dtype, float16 widened, too. */
function inExactly(tensor: tf.Tensor, dtype: NativeDType): tf.Tensor {
  return nativeDType(tensor) === dtype ? tensor : castNative(tensor, dtype);
}

/** A and B of each update, in order. */
function factorsOf(layers: readonly EncoderLayer[]): tf.Variable<tf.Rank.R2>[] {
  return layers.flatMap((layer) =>
    LINEARS.flatMap((name) => {
      const { update } = layer[name];
      return update ? [update.a, update.b] : [];
    }),
  );
}

function layerInputs(layers: readonly EncoderLayer[]): LayerInputs {
  const updates = layers.flatMap((layer, i) =>
    LINEARS.flatMap((name, k) => {
      const { update } = layer[name];
      return update ? [[i * LINEARS.length + k, update.scaling]] : [];
    }),
  );
  const parameters = layers.map(ownParameters);
  return {
    weights: parameters.flatMap((own) => own.slice(0, LINEARS.length)),
    vectors: parameters
      .flatMap((own) => own.slice(LINEARS.length))
      .map((vector) => inDType(vector, 'float32')),
    factors: factorsOf(layers).map((factor) => inDType(factor, 'float32')),
    updates: updates.length === 0 ? noTensor('float32') : tf.tensor2d(updates),
  };
}

/**
 * Rates and factors of all dropouts, [layers, sites, 2], and a seed for each that drops, [draws, 2, 2], in the order of `encoder`. For a part
 * of a batch the seeds are flat, and its place in the whole batch follows: the numbers of its tokens and sequences, and the longest sequence.
 */
function dropoutsOf(
  layers: readonly EncoderLayer[],
  { dropoutStream, hiddenDropout = 0, attentionDropout = 0 }: EncoderOptions,
  part: BatchPart | null,
): { readonly dropouts: tf.Tensor; readonly seeds: tf.Tensor } {
  const none = { dropouts: noTensor('float32'), seeds: noTensor('int32') };
  if (!dropoutStream) return none;
  const rates = layers.flatMap((layer) => {
    const [q, k, v, attended, inner, output] = LINEARS.map((name) => layer[name].update?.dropoutRate ?? 0);
    return [q, k, v, attentionDropout, attended, hiddenDropout, inner, output, hiddenDropout];
  });
  const dropping = rates.filter((rate) => rate > 0);
  if (dropping.length === 0) return none;
  const seeds = dropping.flatMap(() => [...dropoutStream.seed()]);
  const dropouts = tf.tensor2d(rates.map((rate) => [rate, 1 / (1 - rate)]));
  if (part) {
    const { tokens, sequences, longest } = part;
    const place = [...tokens.numbers, ...sequences.numbers, longest];
    return { dropouts, seeds: tf.tensor1d(Int32Array.from([...seeds, ...place]), 'int32') };
  }
  return { dropouts, seeds: tf.tensor3d(Int32Array.from(seeds), [dropping.length, 2, 2], 'int32') };
}
