import type { RandomStream } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { BertConfig } from '../config/bert-config.js';
import type { Part } from '../layers/container.js';
import { Container } from '../layers/container.js';
import type { ForwardMode, ForwardOptions } from '../layers/forward-mode.js';
import { forwardMode } from '../layers/forward-mode.js';
import { LinearLayer } from '../layers/linear-layer.js';
import { offTheTape } from '../ops/off-the-tape.js';
import { selectRows } from '../ops/select-rows.js';
import type { PackedBatch } from '../tokenizer/packed-batch.js';
import type { PaddedBatch } from '../tokenizer/padded-batch.js';
import { BertEmbeddings } from './bert-embeddings.js';
import { BertLayer } from './bert-layer.js';
import { BertPooler } from './bert-pooler.js';
import type { Tokens } from './tokens.js';
import { packedTokens, paddedTokens } from './tokens.js';

/** What the encoder makes of a batch. */
export interface BertOutput {
  /** [tokens, hidden], in the order of the batch's tokens */
  readonly lastHiddenState: tf.Tensor2D;
  /** [n, hidden], in the order of the texts; null without a pooler */
  readonly pooled: tf.Tensor2D | null;
  /** [tokens, hidden] behind the embeddings and behind each layer, when asked for. */
  readonly hiddenStates: readonly tf.Tensor2D[] | null;
}

/** Settings of one forward pass of the bare encoder. */
export interface BertForwardOptions extends ForwardOptions {
  /** Return the states behind every layer. @default false */
  readonly outputHiddenStates?: boolean;
}

/** Settings of a fresh model. */
export interface BertModelOptions {
  /** Where fresh weights are drawn from. */
  readonly init: RandomStream;
  /** Put a pooler on top. @default true */
  readonly pooler?: boolean;
  /** Put before the names of variables. @default '' */
  readonly path?: string;
}

/**
 * BERT's encoder (Devlin et al., 2018), equal to transformers' `BertModel`, on batches without padding:
 *
 * ```
 * token ids, laid end to end ── embeddings ── layer 0 ── … ── layer n-1 ── first tokens ── pooler
 *        [tokens]               [tokens, hidden]              [tokens, hidden]   [n, hidden]
 * ```
 *
 * Everything but attention works on tokens, whichever text they belong to; attention works within texts, in groups of
 * near-equal length. What lies below the lowest trainable parameter runs off the tape: nothing is kept for a backward pass
 * there and none is made.
 *
 * Fresh weights are N(0, initializerRange), biases 0, norms 1 and 0, as in transformers.
 */
export class BertModel extends Container {
  readonly config: BertConfig;
  readonly embeddings: BertEmbeddings;
  readonly layers: readonly BertLayer[];
  readonly pooler: BertPooler | null;

  constructor(config: BertConfig, { init, pooler = true, path = '' }: BertModelOptions) {
    super();
    const prefix = path === '' ? '' : `${path}.`;
    this.config = config;
    this.embeddings = new BertEmbeddings(`${prefix}embeddings`, config, init);
    this.layers = Array.from(
      { length: config.numHiddenLayers },
      (_, i) => new BertLayer(`${prefix}encoder.layer.${i}`, config, init),
    );
    this.pooler = pooler ? new BertPooler(`${prefix}pooler`, config, init) : null;
  }

  /**
   * @returns tensors of the caller's, or of the enclosing `tf.tidy`
   * @throws BertInputError when the batch is empty, too long, or holds ids beyond the vocabulary
   */
  forward(batch: PackedBatch, options: BertForwardOptions = {}): BertOutput {
    return this.#run(() => packedTokens(batch, this.config), options);
  }

  /** The same on a padded batch, as PyTorch pipelines do it: the slow twin, for comparison. Padding rows come along. */
  forwardPadded(batch: PaddedBatch, options: BertForwardOptions = {}): BertOutput {
    return this.#run(() => paddedTokens(batch, this.config), options);
  }

  #run(prepare: () => Tokens, options: BertForwardOptions): BertOutput {
    const { hiddenDropoutProb, attentionProbsDropoutProb } = this.config;
    const mode = forwardMode(options, [hiddenDropoutProb, attentionProbsDropoutProb]);
    const outputs = tf.tidy(() => {
      const tokens = prepare();
      const states = this.#encode(tokens, mode);
      const last = states[states.length - 1];
      const pooled = this.pooler?.forward(selectRows(last, tokens.firstTokens), mode);
      return [...(pooled ? [pooled] : []), ...(options.outputHiddenStates ? states : [last])];
    });
    const states = this.pooler ? outputs.slice(1) : outputs;
    return {
      lastHiddenState: states[states.length - 1],
      pooled: this.pooler ? outputs[0] : null,
      hiddenStates: options.outputHiddenStates ? states : null,
    };
  }

  /** States behind the embeddings and behind each layer; what is frozen from the bottom up is computed off the tape. */
  #encode(tokens: Tokens, mode: ForwardMode): tf.Tensor2D[] {
    const steps: { part: Container; run: (x: tf.Tensor2D | null) => tf.Tensor2D }[] = [
      { part: this.embeddings, run: () => this.embeddings.forward(tokens, mode) },
      ...this.layers.map((layer) => ({
        part: layer,
        run: (x: tf.Tensor2D | null) => layer.forward(x as tf.Tensor2D, tokens.plan, mode),
      })),
    ];
    const states: tf.Tensor2D[] = [];
    let frozen = true;
    for (const { part, run } of steps) {
      const below = states.at(-1) ?? null;
      frozen &&= !isTrained(part);
      states.push(frozen ? offTheTape(() => run(below)) : run(below));
    }
    return states;
  }

  protected override parts(): readonly (readonly [string, Part])[] {
    return [
      ['embeddings', this.embeddings],
      ...this.layers.map((layer, i) => [`encoder.layer.${i}`, layer] as const),
      ...(this.pooler ? [['pooler', this.pooler] as const] : []),
    ];
  }
}

function isTrained(part: Container): boolean {
  for (const inner of part.namedParts().values()) {
    if (inner instanceof Container) continue;
    const adapter =
      inner instanceof LinearLayer ? (inner.adapter?.namedParameters() ?? new Map()) : new Map();
    for (const variable of [...inner.namedParameters().values(), ...adapter.values()]) {
      if (variable.trainable) return true;
    }
  }
  return false;
}
