import type { AttentionPlan, EncoderLayer } from '@fin/kernels';
import { gelu, geluTanh, packedAttention, relu, usesFusedOps } from '@fin/kernels';
import type { RandomStream } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { BertConfig, HiddenAct } from '../config/bert-config.js';
import { LayerNormLayer, LinearLayer } from '../layers/layers.js';
import type { ForwardMode, Part } from '../layers/part.js';
import { Container, dropoutAt } from '../layers/part.js';

/** The activation functions of `hidden_act`, applied to `x + bias`. */
const ACTIVATIONS: Readonly<Record<HiddenAct, (x: tf.Tensor2D, bias: tf.Tensor1D) => tf.Tensor2D>> = {
  gelu,
  gelu_new: geluTanh,
  relu,
};

/**
 * One layer of the encoder: self-attention, then the feed-forward network, each followed by a residual connection and a layer norm
 * (post-norm). The biases of the output layers and of the intermediate layer are added by the op that follows; those of query, key
 * and value separately.
 */
export class BertLayer extends Container implements EncoderLayer {
  readonly query: LinearLayer;
  readonly key: LinearLayer;
  readonly value: LinearLayer;
  readonly attentionOutput: LinearLayer;
  readonly attentionNorm: LayerNormLayer;
  readonly intermediate: LinearLayer;
  readonly output: LinearLayer;
  readonly outputNorm: LayerNormLayer;
  readonly #config: BertConfig;

  constructor(path: string, config: BertConfig, init: RandomStream) {
    super();
    const { hiddenSize, intermediateSize, initializerRange: std, layerNormEps } = config;
    const linear = (name: string, inFeatures: number, outFeatures: number) =>
      new LinearLayer(`${path}.${name}`, { inFeatures, outFeatures, std, init });
    this.query = linear('attention.self.query', hiddenSize, hiddenSize);
    this.key = linear('attention.self.key', hiddenSize, hiddenSize);
    this.value = linear('attention.self.value', hiddenSize, hiddenSize);
    this.attentionOutput = linear('attention.output.dense', hiddenSize, hiddenSize);
    this.attentionNorm = new LayerNormLayer(`${path}.attention.output.LayerNorm`, hiddenSize, layerNormEps);
    this.intermediate = linear('intermediate.dense', hiddenSize, intermediateSize);
    this.output = linear('output.dense', intermediateSize, hiddenSize);
    this.outputNorm = new LayerNormLayer(`${path}.output.LayerNorm`, hiddenSize, layerNormEps);
    this.#config = config;
  }

  /** @param x [tokens, hidden] @returns [tokens, hidden] */
  forward(x: tf.Tensor2D, plan: AttentionPlan, mode: ForwardMode): tf.Tensor2D {
    return tf.tidy(() => {
      const { hiddenDropoutProb: rate, hiddenAct } = this.#config;
      const context = this.#attend(x, plan, mode);
      const attended = this.attentionNorm.closeSublayer(context, this.attentionOutput, x, rate, mode);
      const product = this.intermediate.forwardWithoutBias(attended, mode);
      const inner = ACTIVATIONS[hiddenAct](product, this.intermediate.bias); // [tokens, intermediate]
      return this.outputNorm.closeSublayer(inner, this.output, attended, rate, mode);
    });
  }

  /** Why the layer would run op by op now, and not in the encoder op of @fin/kernels: one sentence, or null if nothing is in the way. */
  opByOpReason(): string | null {
    const { hiddenAct } = this.#config;
    if (!usesFusedOps()) return 'The fused ops are not in use.';
    if (hiddenAct !== 'gelu')
      return `The activation is ${hiddenAct}, and the encoder op has exact GELU alone.`;
    const dora = Object.entries(this.#linears()).find(([, { adapted, update }]) => adapted && !update);
    return dora ? `The adapter of ${dora[0]} is no plain low-rank update, as with DoRA.` : null;
  }

  /**
   * Whether the encoder op of @fin/kernels computes this layer now.
   *
   * @throws BertInputError if training needs a dropout stream and has none
   */
  fitsEncoderOp(mode: ForwardMode): boolean {
    if (this.opByOpReason() !== null) return false;
    for (const { update } of Object.values(this.#linears())) if (update) dropoutAt(update.dropoutRate, mode);
    return true;
  }

  #linears(): Readonly<Record<string, LinearLayer>> {
    const { query, key, value, attentionOutput, intermediate, output } = this;
    return { query, key, value, attentionOutput, intermediate, output };
  }

  #attend(x: tf.Tensor2D, plan: AttentionPlan, mode: ForwardMode): tf.Tensor2D {
    const { numAttentionHeads: heads, attentionProbsDropoutProb: rate } = this.#config;
    const [q, k, v] = [this.query, this.key, this.value].map((layer) => layer.forward(x, mode));
    return packedAttention(q, k, v, plan, { heads, dropout: dropoutAt(rate, mode) });
  }

  protected override parts(): readonly (readonly [string, Part])[] {
    return [
      ['attention.self.query', this.query],
      ['attention.self.key', this.key],
      ['attention.self.value', this.value],
      ['attention.output.dense', this.attentionOutput],
      ['attention.output.LayerNorm', this.attentionNorm],
      ['intermediate.dense', this.intermediate],
      ['output.dense', this.output],
      ['output.LayerNorm', this.outputNorm],
    ];
  }
}
