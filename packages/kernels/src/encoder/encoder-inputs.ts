import type { RandomStream } from '@fin/runtime';
import type * as tf from '@tensorflow/tfjs-core';
import { expectInput } from '../errors.js';

/** A low-rank update of a linear layer: `y + scaling · dropout(x) Aᵀ Bᵀ` (LoRA; Hu et al., 2021, arXiv 2106.09685). */
export interface LowRankUpdate {
  /** [r, in] */
  readonly a: tf.Variable<tf.Rank.R2>;
  /** [out, r] */
  readonly b: tf.Variable<tf.Rank.R2>;
  readonly scaling: number;
  /** Probability that an element of x is dropped, in [0, 1). Applied only if the pass has a dropout stream. */
  readonly dropoutRate: number;
}

/** Parameters of a linear layer, `x weightᵀ + bias`. */
export interface LinearParameters {
  /** [out, in] */
  readonly weight: tf.Variable<tf.Rank.R2>;
  /** [out] */
  readonly bias: tf.Variable<tf.Rank.R1>;
  /** LoRA update, added to the layer's output. @default none */
  readonly update?: LowRankUpdate | null;
}

/** Parameters of a layer norm. */
export interface NormParameters {
  /** `[hidden]`: gamma */
  readonly weight: tf.Variable<tf.Rank.R1>;
  /** `[hidden]`: beta */
  readonly bias: tf.Variable<tf.Rank.R1>;
}

/** Parameters of one layer. */
export interface EncoderLayer {
  readonly query: LinearParameters;
  readonly key: LinearParameters;
  readonly value: LinearParameters;
  readonly attentionOutput: LinearParameters;
  readonly attentionNorm: NormParameters;
  /** hidden → intermediate */
  readonly intermediate: LinearParameters;
  /** intermediate → hidden */
  readonly output: LinearParameters;
  readonly outputNorm: NormParameters;
}

export interface EncoderOptions {
  /** Number of attention heads; divides the columns of x. */
  readonly heads: number;
  /** Added to the variance in the norms. @default 1e-5, as in PyTorch; BERT uses 1e-12 */
  readonly eps?: number;
  /** Source of all dropout masks. Without it nothing is dropped, not even by updates. @default none */
  readonly dropoutStream?: RandomStream | null;
  /** Dropout rate of the results of both sublayers, before the residual is added. @default 0 */
  readonly hiddenDropout?: number;
  /** Dropout rate of the attention weights. @default 0 */
  readonly attentionDropout?: number;
  /**
   * Whether gradients flow on to x. Without, x is a constant, and the backward pass ends at the lowest update. @default true
   */
  readonly inputGradient?: boolean;
}

/** The linear layers of a layer, in the order of the native op. */
export const LINEARS = ['query', 'key', 'value', 'attentionOutput', 'intermediate', 'output'] as const;
export const NORMS = ['attentionNorm', 'outputNorm'] as const;

/** The parameters of a layer without the updates, in the order of the native op: weights and biases of the linear layers, gamma and beta. */
export function ownParameters(layer: EncoderLayer): tf.Variable[] {
  return [LINEARS, NORMS].flatMap((names) => [
    ...names.map((name) => layer[name].weight as tf.Variable),
    ...names.map((name) => layer[name].bias as tf.Variable),
  ]);
}

/** @throws KernelInputError if the heads do not divide the columns, or a parameter has another shape than needed */
export function checkLayers(x: tf.Tensor2D, layers: readonly EncoderLayer[], heads: number): void {
  expectInput(x.rank === 2, () => `encoder: x must be [tokens, hidden], not [${x.shape}]`);
  const hidden = x.shape[1];
  expectInput(
    Number.isInteger(heads) && heads > 0 && hidden > 0 && hidden % heads === 0,
    () => `encoder: ${hidden} columns cannot be divided among ${heads} heads`,
  );
  const intermediate = layers[0]?.intermediate.weight.shape[0];
  for (const [i, layer] of layers.entries()) {
    for (const name of LINEARS) {
      const { weight, bias, update } = layer[name];
      const out = name === 'intermediate' ? intermediate : hidden;
      const wanted = [out, name === 'output' ? intermediate : hidden];
      expectInput(
        `${weight.shape}` === `${wanted}` && `${bias.shape}` === `${out}`,
        () =>
          `encoder: ${name} of layer ${i} has the shapes [${weight.shape}] and [${bias.shape}] where [${wanted}] and [${out}] are needed`,
      );
      if (update) checkUpdate(`${name} of layer ${i}`, update, wanted);
    }
    for (const name of NORMS) {
      const { weight, bias } = layer[name];
      expectInput(
        `${weight.shape}` === `${hidden}` && `${bias.shape}` === `${hidden}`,
        () =>
          `encoder: ${name} of layer ${i} has the shapes [${weight.shape}] and [${bias.shape}] where [${hidden}] is needed`,
      );
    }
  }
}

function checkUpdate(name: string, { a, b, dropoutRate }: LowRankUpdate, [out, features]: number[]): void {
  const r = a.shape[0];
  expectInput(
    a.rank === 2 &&
      b.rank === 2 &&
      a.shape[1] === features &&
      b.shape[0] === out &&
      b.shape[1] === r &&
      r > 0,
    () =>
      `encoder: the update of ${name} has the shapes [${a.shape}] and [${b.shape}] where [r, ${features}] and [${out}, r] are needed`,
  );
  expectInput(
    dropoutRate >= 0 && dropoutRate < 1,
    () => `encoder: the dropout rate of the update of ${name} must be in [0, 1), not ${dropoutRate}`,
  );
}
