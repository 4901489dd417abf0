import type { RandomStream } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { BertConfig } from '../config/bert-config.js';
import type { Part } from '../layers/container.js';
import { Container } from '../layers/container.js';
import type { ForwardMode } from '../layers/forward-mode.js';
import { LinearLayer } from '../layers/linear-layer.js';

/** What a text amounts to: its first token, [CLS], through a linear layer and tanh. */
export class BertPooler extends Container {
  readonly dense: LinearLayer;

  constructor(path: string, config: BertConfig, init: RandomStream) {
    super();
    const { hiddenSize, initializerRange: std } = config;
    this.dense = new LinearLayer(`${path}.dense`, {
      inFeatures: hiddenSize,
      outFeatures: hiddenSize,
      std,
      init,
    });
  }

  /** @param firstTokens [n, hidden] @returns [n, hidden] */
  forward(firstTokens: tf.Tensor2D, mode: ForwardMode): tf.Tensor2D {
    return tf.tanh(this.dense.forward(firstTokens, mode));
  }

  protected override parts(): readonly (readonly [string, Part])[] {
    return [['dense', this.dense]];
  }
}
