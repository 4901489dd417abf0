import { embeddings } from '@fin/kernels';
import type { RandomStream } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { BertConfig } from '../config/bert-config.js';
import { EmbeddingLayer, LayerNormLayer } from '../layers/layers.js';
import type { ForwardMode, Part } from '../layers/part.js';
import { Container, dropActivations } from '../layers/part.js';
import type { Tokens } from './tokens.js';

/** BERT's embeddings: the sum of word, position and token type embeddings, normalized, with dropout. */
export class BertEmbeddings extends Container {
  readonly word: EmbeddingLayer;
  readonly position: EmbeddingLayer;
  readonly tokenType: EmbeddingLayer;
  readonly norm: LayerNormLayer;
  readonly #eps: number;
  readonly #dropout: number;

  constructor(path: string, config: BertConfig, init: RandomStream) {
    super();
    const shape = { size: config.hiddenSize, std: config.initializerRange, init };
    const { vocabSize, maxPositionEmbeddings, typeVocabSize, padTokenId } = config;
    this.word = new EmbeddingLayer(`${path}.word_embeddings`, {
      ...shape,
      entries: vocabSize,
      zeroRow: padTokenId,
    });
    this.position = new EmbeddingLayer(`${path}.position_embeddings`, {
      ...shape,
      entries: maxPositionEmbeddings,
    });
    this.tokenType = new EmbeddingLayer(`${path}.token_type_embeddings`, {
      ...shape,
      entries: typeVocabSize,
    });
    this.norm = new LayerNormLayer(`${path}.LayerNorm`, config.hiddenSize, config.layerNormEps);
    this.#eps = config.layerNormEps;
    this.#dropout = config.hiddenDropoutProb;
  }

  /** @returns [tokens, hidden] */
  forward(tokens: Tokens, mode: ForwardMode): tf.Tensor2D {
    return tf.tidy(() => {
      const lookups = [
        { table: this.word.weight, ids: tokens.inputIds },
        { table: this.tokenType.weight, ids: tokens.tokenTypeIds },
        { table: this.position.weight, ids: tokens.positionIds },
      ];
      return dropActivations(embeddings(lookups, this.norm, { eps: this.#eps }), this.#dropout, mode);
    });
  }

  protected override parts(): readonly (readonly [string, Part])[] {
    return [
      ['word_embeddings', this.word],
      ['position_embeddings', this.position],
      ['token_type_embeddings', this.tokenType],
      ['LayerNorm', this.norm],
    ];
  }
}
