import type { LowRankUpdate } from '@fin/kernels';
import { columnSums, differentiable } from '@fin/kernels';
import type { RandomStream } from '@fin/runtime';
import { parameter } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { LinearBase, LinearLayer } from '../layers/layers.js';
import type { ForwardMode } from '../layers/part.js';
import { dropActivations } from '../layers/part.js';
import type { LoraConfig, LoraInit } from './lora-config.js';
import type { Target } from './plan-adapter.js';

/**
 * One adapter on one linear layer (Hu et al., 2021, arXiv 2106.09685):
 *
 * ```
 * y = x weightᵀ + bias + scaling · dropout(x) Aᵀ Bᵀ          scaling = alpha / r, with rsLoRA alpha / √r
 * ```
 *
 * With DoRA (Liu et al., 2024, arXiv 2402.09353) each row of `weight + scaling · B A` is then rescaled to a learned length.
 */
export class LoraWeights implements LowRankUpdate {
  /** [r, in] */
  readonly a: tf.Variable<tf.Rank.R2>;
  /** [out, r] */
  readonly b: tf.Variable<tf.Rank.R2>;
  /** Factor of the update `B A`. */
  readonly scaling: number;
  /** `[out]`: DoRA's length of each row of the weight; null without DoRA. */
  readonly magnitude: tf.Variable<tf.Rank.R1> | null;
  /** Dropout rate of x. */
  readonly dropoutRate: number;
  readonly #layer: LinearLayer;

  constructor(name: string, { path, layer, r, scaling }: Target, config: LoraConfig, make: MakeMatrices) {
    const [outFeatures, inFeatures] = layer.weight.shape;
    const { a, b } = make({ inFeatures, outFeatures, r });
    this.a = parameter(`${path}.lora_A.${name}.weight`, a);
    this.b = parameter(`${path}.lora_B.${name}.weight`, b);
    this.scaling = scaling;
    this.#layer = layer;
    this.dropoutRate = config.loraDropout;
    this.magnitude = config.useDora
      ? (parameter(
          `${path}.lora_magnitude_vector.${name}.weight`,
          this.norm(layer.weight),
        ) as tf.Variable<tf.Rank.R1>)
      : null;
  }

  /**
   * @param x [rows, in]
   * @param base the layer without the adapter
   * @returns [rows, out]
   */
  forward(x: tf.Tensor2D, base: LinearBase, mode: ForwardMode): tf.Tensor2D {
    return tf.tidy(() => {
      const dropped = dropActivations(x, this.dropoutRate, mode);
      const low = projectDown(dropped, this.a);
      if (this.magnitude === null) return addProjectedUp(base.forward(x), low, this.b, this.scaling);
      const { weight } = this.#layer;
      const { bias } = base;
      const baseOfDropped = base.forward(dropped);
      const y = addProjectedUp(baseOfDropped, low, this.b, this.scaling);
      const scaled = applyMagnitude({ y, bias, magnitude: this.magnitude }, () => this.norm(weight));
      // As in PEFT, dropout applies to DoRA's change only, not to the output of the layer itself.
      return dropped === x ? scaled : tf.add(base.forward(x), tf.sub(scaled, baseOfDropped));
    });
  }

  /** The update `scaling · B A` of the weight: [out, in]. The caller disposes it. */
  getDeltaWeight(): tf.Tensor2D {
    return tf.tidy(() => tf.matMul<tf.Tensor2D>(tf.mul(this.b, this.scaling), this.a));
  }

  /** Euclidean length of each row of `weight + scaling · B A`: [out]. The caller disposes it. */
  norm(weight: tf.Tensor2D): tf.Tensor1D {
    return tf.tidy(() => tf.sqrt(tf.sum<tf.Tensor1D>(tf.square(tf.add(weight, this.getDeltaWeight())), 1)));
  }

  /**
   * The weight with this adapter merged in. The caller disposes it.
   *
   * @param norm {@link norm} of the weight without any adapter; null without DoRA
   */
  mergeInto(weight: tf.Tensor2D, norm: tf.Tensor1D | null): tf.Tensor2D {
    return tf.tidy(() => {
      const sum = tf.add<tf.Tensor2D>(weight, this.getDeltaWeight());
      return norm === null ? sum : tf.mul(sum, this.#rowFactors(norm));
    });
  }

  /** Undoes {@link mergeInto}, up to rounding. */
  subtractFrom(weight: tf.Tensor2D, norm: tf.Tensor1D | null): tf.Tensor2D {
    return tf.tidy(() =>
      tf.sub<tf.Tensor2D>(
        norm === null ? weight : tf.div(weight, this.#rowFactors(norm)),
        this.getDeltaWeight(),
      ),
    );
  }

  /** Variables by PyTorch's names, without the adapter's name. */
  parameters(): (readonly [kind: string, variable: tf.Variable])[] {
    return [
      ['lora_A', this.a as tf.Variable],
      ['lora_B', this.b as tf.Variable],
      ...(this.magnitude ? [['lora_magnitude_vector', this.magnitude as tf.Variable] as const] : []),
    ];
  }

  dispose(): void {
    for (const [, variable] of this.parameters()) variable.dispose();
  }

  /** [out, 1] */
  #rowFactors(norm: tf.Tensor1D): tf.Tensor2D {
    return tf.expandDims(tf.div(this.magnitude!, norm), 1);
  }
}

/**
 * `x Aᵀ`. The input is kept for the backward pass only if `a` is trained.
 *
 * @param x [rows, in]
 * @param a [r, in]
 * @returns [rows, r]
 */
function projectDown(x: tf.Tensor2D, a: tf.Variable<tf.Rank.R2>): tf.Tensor2D {
  return differentiable({
    inputs: { x, a },
    forward: (save) => {
      if (a.trainable) save([x]);
      return tf.matMul(x, a as tf.Tensor2D, false, true);
    },
    gradients: (dy, [savedX]) => ({
      x: () => tf.matMul(dy as tf.Tensor2D, a as tf.Tensor2D),
      a: () => tf.matMul(dy as tf.Tensor2D, savedX as tf.Tensor2D, true, false),
    }),
  }) as tf.Tensor2D;
}

/**
 * `base + scaling · low Bᵀ`. The scaling is applied to the narrow side, and no tensor of full width is kept for the backward
 * pass.
 *
 * @param base [rows, out]
 * @param low [rows, r]
 * @param b [out, r]
 * @returns [rows, out]
 */
function addProjectedUp(
  base: tf.Tensor2D,
  low: tf.Tensor2D,
  b: tf.Variable<tf.Rank.R2>,
  scaling: number,
): tf.Tensor2D {
  const scaled = (x: tf.Tensor2D): tf.Tensor2D => (scaling === 1 ? x : tf.mul(x, scaling));
  return differentiable({
    inputs: { base, low, b },
    forward: (save) => {
      const rows = scaled(low);
      if (b.trainable) save([rows]);
      return tf.add(base, tf.matMul(rows, b as tf.Tensor2D, false, true));
    },
    gradients: (dy, [savedRows]) => ({
      base: () => tf.clone(dy),
      low: () => scaled(tf.matMul(dy as tf.Tensor2D, b as tf.Tensor2D)),
      b: () => tf.matMul(dy as tf.Tensor2D, savedRows as tf.Tensor2D, true, false),
    }),
  }) as tf.Tensor2D;
}

interface MagnitudeInputs {
  /** `[rows, out]`: output of the layer and the adapter together, with the bias unless that is null */
  readonly y: tf.Tensor2D;
  /** [out]; null if y does not contain it */
  readonly bias: tf.Variable<tf.Rank.R1> | null;
  /** [out] */
  readonly magnitude: tf.Variable<tf.Rank.R1>;
}

/**
 * DoRA's rescaling: `(y - bias) · magnitude / norm + bias`. The norm is a constant in the backward pass, as the paper
 * proposes (section 4.3) and PEFT does.
 *
 * @param norm gives [out]; called outside the gradient tape
 */
function applyMagnitude({ y, bias, magnitude }: MagnitudeInputs, norm: () => tf.Tensor1D): tf.Tensor2D {
  return differentiable({
    inputs: { y, magnitude, ...(bias && { bias }) },
    forward: (save) => {
      const lengths = norm();
      const factor = tf.div<tf.Tensor1D>(magnitude, lengths);
      save(magnitude.trainable ? [factor, lengths, y] : [factor]);
      const scaled = tf.mul(y, factor);
      return bias ? tf.add(scaled, tf.mul(bias, tf.sub(1, factor))) : scaled;
    },
    gradients: (dy, [factor, lengths, savedY]) => ({
      y: () => tf.mul(dy, factor),
      bias: () => tf.mul(columnSums(dy as tf.Tensor2D), tf.sub(1, factor)),
      magnitude: () => tf.div(columnSums(tf.mul(dy, bias ? tf.sub(savedY, bias) : savedY)), lengths),
    }),
  }) as tf.Tensor2D;
}

/** Initial values of A and B for one layer. */
export type MakeMatrices = (sizes: {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly r: number;
}) => {
  /** [r, in] */
  readonly a: tf.Tensor2D;
  /** [out, r] */
  readonly b: tf.Tensor2D;
};

/** PEFT's initial values (`reset_lora_parameters` in its tuners/lora/layer.py). */
export function freshMatrices(how: LoraInit, init: RandomStream): MakeMatrices {
  // Kaiming uniform with a = √5, the initial weights of torch.nn.Linear.
  const uniform = (shape: [number, number]): tf.Tensor2D => {
    const bound = 1 / Math.sqrt(shape[1]);
    return init.uniform(shape, -bound, bound);
  };
  return ({ inFeatures, outFeatures, r }) => ({
    a: how === 'gaussian' ? init.normal([r, inFeatures], 0, 1 / r) : uniform([r, inFeatures]),
    b: how === false ? uniform([outFeatures, r]) : tf.zeros([outFeatures, r]),
  });
}
