import type { DrawnRows, RandomStream } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { BertConfig } from '../config/bert-config.js';
import { LinearLayer } from '../layers/layers.js';
import type { ForwardOptions, Part } from '../layers/part.js';
import { Container, dropActivations, forwardMode } from '../layers/part.js';
import type { PackedBatch, PaddedBatch } from '../tokenizer/batches.js';
import type { BertForwardOptions, BertOutput } from './bert-model.js';
import { BertModel } from './bert-model.js';

/** Options of one forward pass of the classifier. */
export type ClassifierForwardOptions = Omit<BertForwardOptions, 'outputHiddenStates'>;

/**
 * BERT with a linear classifier on the pooled first token, equal to transformers' `BertForSequenceClassification`.
 *
 * @example
 * const model = new BertForSequenceClassification(config, { init: randomStreams(42).stream('init') });
 * const logits = model.forward(tokenizer.encodeBatch(['Stocks rally', 'Oil slips'])); // [2, labels]
 */
export class BertForSequenceClassification extends Container {
  readonly config: BertConfig;
  readonly bert: BertModel;
  readonly classifier: LinearLayer;

  /** @param options.init stream from which the weights are drawn */
  constructor(config: BertConfig, { init }: { readonly init: RandomStream }) {
    super();
    this.config = config;
    this.bert = new BertModel(config, { init, path: 'bert' });
    this.classifier = new LinearLayer('classifier', {
      inFeatures: config.hiddenSize,
      outFeatures: config.id2label.length,
      std: config.initializerRange,
      init,
    });
  }

  /**
   * @returns logits [n, labels], in the order of the texts and of `config.id2label`
   * @throws BertInputError as `BertModel.forward`
   */
  forward(batch: PackedBatch, options: ClassifierForwardOptions = {}): tf.Tensor2D {
    return this.#classify(() => this.bert.forward(batch, options), options, batch.part?.texts);
  }

  /** The same on a padded batch: slower, for comparison. */
  forwardPadded(batch: PaddedBatch, options: ForwardOptions = {}): tf.Tensor2D {
    return this.#classify(() => this.bert.forwardPadded(batch, options), options);
  }

  /** @param rows of the texts in a larger batch */
  #classify(encode: () => BertOutput, options: ForwardOptions, rows: DrawnRows | null = null): tf.Tensor2D {
    const rate = this.config.classifierDropout ?? this.config.hiddenDropoutProb;
    const mode = { ...forwardMode(options, [rate]), rows };
    return tf.tidy(() => {
      const pooled = encode().pooled as tf.Tensor2D;
      return this.classifier.forward(dropActivations(pooled, rate, mode), mode);
    });
  }

  protected override parts(): readonly (readonly [string, Part])[] {
    return [
      ['bert', this.bert],
      ['classifier', this.classifier],
    ];
  }
}
