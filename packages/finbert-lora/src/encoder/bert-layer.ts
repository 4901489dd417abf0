import type { RandomStream } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { attention } from '../attention/attention.js';
import type { AttentionPlan } from '../attention/attention-plan.js';
import type { BertConfig } from '../config/bert-config.js';
import type { Part } from '../layers/container.js';
import { Container } from '../layers/container.js';
import type { ForwardMode } from '../layers/forward-mode.js';
import { LayerNormLayer } from '../layers/layer-norm-layer.js';
import { LinearLayer } from '../layers/linear-layer.js';
import { ACTIVATIONS } from '../ops/activations.js';

/** One block of the encoder: attention, then two linear layers, each with a residual and a norm behind it (post-norm). */
export class BertLayer extends Container {
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
      const { hiddenDropoutProb: rate } = this.#config;
      const attended = this.attentionNorm.closeSublayer(this.#attend(x, plan, mode), x, rate, mode);
      return this.outputNorm.closeSublayer(this.#feedForward(attended, mode), attended, rate, mode);
    });
  }

  #attend(x: tf.Tensor2D, plan: AttentionPlan, mode: ForwardMode): tf.Tensor2D {
    const { numAttentionHeads, attentionProbsDropoutProb } = this.#config;
    const [q, k, v] = [this.query, this.key, this.value].map((layer) => layer.forward(x, mode));
    const { dropoutStream } = mode;
    const context = attention(q, k, v, plan, {
      heads: numAttentionHeads,
      dropoutRate: attentionProbsDropoutProb,
      dropoutStream,
    });
    return this.attentionOutput.forward(context, mode);
  }

  #feedForward(x: tf.Tensor2D, mode: ForwardMode): tf.Tensor2D {
    const inner = ACTIVATIONS[this.#config.hiddenAct](this.intermediate.forward(x, mode)); // [tokens, intermediate]
    return this.output.forward(inner, mode);
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
