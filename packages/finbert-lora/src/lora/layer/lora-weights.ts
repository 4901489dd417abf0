import { parameter } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { LinearBase, LinearLayer } from '../../layers/layers.js';
import type { ForwardMode } from '../../layers/part.js';
import { dropActivations } from '../../layers/part.js';
import type { LoraConfig } from '../config/lora-config.js';
import type { Target } from '../targets/adapter-plan.js';
import type { MakeMatrices } from './fresh-weights.js';
import { addLowRank, project } from './low-rank.js';
import { applyMagnitude, rowNorms } from './magnitude.js';

/** One adapter on one linear layer: `x weightᵀ + bias + scale · dropout(x) aᵀ bᵀ` (Hu et al., 2021, arXiv 2106.09685). */
export class LoraWeights {
  /** [r, in] */
  readonly a: tf.Variable<tf.Rank.R2>;
  /** [out, r] */
  readonly b: tf.Variable<tf.Rank.R2>;
  /** [out], DoRA's; null without it */
  readonly magnitude: tf.Variable<tf.Rank.R1> | null;
  readonly #layer: LinearLayer;
  readonly #scale: number;
  readonly #dropout: number;

  constructor(name: string, { path, layer, r, scale }: Target, config: LoraConfig, make: MakeMatrices) {
    const [outFeatures, inFeatures] = layer.weight.shape;
    const { a, b } = make({ inFeatures, outFeatures, r });
    this.a = parameter(`${path}.lora_A.${name}.weight`, a) as tf.Variable<tf.Rank.R2>;
    this.b = parameter(`${path}.lora_B.${name}.weight`, b) as tf.Variable<tf.Rank.R2>;
    this.#layer = layer;
    this.#scale = scale;
    this.#dropout = config.loraDropout;
    this.magnitude = config.useDora
      ? (parameter(
          `${path}.lora_magnitude_vector.${name}.weight`,
          this.norm(layer.weight),
        ) as tf.Variable<tf.Rank.R1>)
      : null;
  }

  /**
   * @param x [rows, in]
   * @param base the layer without adapter
   * @returns [rows, out]
   */
  forward(x: tf.Tensor2D, base: LinearBase, mode: ForwardMode): tf.Tensor2D {
    return tf.tidy(() => {
      const dropped = dropActivations(x, this.#dropout, mode);
      const low = project(dropped, this.a);
      if (this.magnitude === null) return addLowRank(base.forward(x), low, this.b, this.#scale);
      const { weight } = this.#layer;
      const { bias } = base;
      const baseOfDropped = base.forward(dropped);
      const y = addLowRank(baseOfDropped, low, this.b, this.#scale);
      const scaled = applyMagnitude({ y, bias, magnitude: this.magnitude }, () => this.norm(weight));
      // PEFT changes only what DoRA adds by dropout, not the layer's own output.
      return dropped === x ? scaled : tf.add(base.forward(x), tf.sub(scaled, baseOfDropped));
    });
  }

  /** What the matrices add to the weight: [out, in]. The caller's. */
  delta(): tf.Tensor2D {
    return tf.tidy(() => tf.matMul<tf.Tensor2D>(tf.mul(this.b, this.#scale), this.a));
  }

  /** Length of each row of weight and matrices together: [out]. The caller's. */
  norm(weight: tf.Tensor2D): tf.Tensor1D {
    return tf.tidy(() => rowNorms(tf.add(weight, this.delta())));
  }

  /**
   * The weight with this adapter in it. The caller's.
   *
   * @param norm as it was for the weight without any adapter; null without DoRA
   */
  mergeInto(weight: tf.Tensor2D, norm: tf.Tensor1D | null): tf.Tensor2D {
    return tf.tidy(() => {
      const sum = tf.add<tf.Tensor2D>(weight, this.delta());
      return norm === null ? sum : tf.mul(sum, this.#factor(norm));
    });
  }

  /** The inverse of {@link mergeInto}, but for rounding. */
  takeOutOf(weight: tf.Tensor2D, norm: tf.Tensor1D | null): tf.Tensor2D {
    return tf.tidy(() =>
      tf.sub<tf.Tensor2D>(norm === null ? weight : tf.div(weight, this.#factor(norm)), this.delta()),
    );
  }

  /** By PyTorch's names, the adapter's name left out. */
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
  #factor(norm: tf.Tensor1D): tf.Tensor2D {
    return tf.expandDims(tf.div(this.magnitude!, norm), 1);
  }
}
