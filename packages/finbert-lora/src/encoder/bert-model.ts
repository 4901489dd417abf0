import type { AttentionPlan } from '@fin/kernels';
import { encoder, selectRows, withoutGradient } from '@fin/kernels';
import type { RandomStream } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { BertConfig } from '../config/bert-config.js';
import { BertInputError } from '../errors.js';
import { LinearLayer } from '../layers/layers.js';
import type { ForwardMode, ForwardOptions, Part } from '../layers/part.js';
import { Container, forwardMode } from '../layers/part.js';
import type { PackedBatch, PaddedBatch } from '../tokenizer/batches.js';
import { BertEmbeddings } from './bert-embeddings.js';
import { BertLayer } from './bert-layer.js';
import type { Tokens } from './tokens.js';
import { packedTokens, paddedTokens } from './tokens.js';

/** Output of the encoder. */
export interface BertOutput {
  /** [tokens, hidden], in the order of the batch's tokens */
  readonly lastHiddenState: tf.Tensor2D;
  /** [n, hidden], in the order of the texts; null without a pooler */
  readonly pooled: tf.Tensor2D | null;
  /** [tokens, hidden] after the embeddings, or those of `lower`, and after each layer; null unless requested. */
  readonly hiddenStates: readonly tf.Tensor2D[] | null;
}

/** Hidden states after some layers at the bottom of an encoder, in place of running them. */
export interface LowerLayers {
  /** Number of these layers. The embeddings below are not counted. */
  readonly layers: number;
  /** `[tokens, hidden]`: the hidden states after them, in the order of the batch's tokens */
  readonly states: tf.Tensor2D;
}

/** Options of one forward pass of the encoder. */
export interface BertForwardOptions extends ForwardOptions {
  /** Begin above these layers, with their hidden states; see `FrozenLayerCache`. @default begin with the embeddings */
  readonly lower?: LowerLayers;
  /** Return the hidden states after the embeddings, or those of `lower`, and after every layer. @default false */
  readonly outputHiddenStates?: boolean;
}

/** Options of a new model. */
export interface BertModelOptions {
  /** Stream from which the weights are drawn. */
  readonly init: RandomStream;
  /** Add a pooler. @default true */
  readonly pooler?: boolean;
  /** Prefix of the variables' names. @default '' */
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
 * All layers but attention work on single tokens; attention works within each text. Layers below the lowest trainable parameter
 * run without gradient: nothing is saved for a backward pass there.
 *
 * New weights are N(0, initializerRange), biases 0, norms 1 and 0, as in transformers.
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
   * @returns tensors for the caller to dispose
   * @throws BertInputError if the batch is empty, a text is too long, or an id is outside the vocabulary
   */
  forward(batch: PackedBatch, options: BertForwardOptions = {}): BertOutput {
    return this.#run(() => packedTokens(batch, this.config), options);
  }

  /** The same on a padded batch, as PyTorch pipelines compute it: slower, for comparison. The output has the padding rows too. */
  forwardPadded(batch: PaddedBatch, options: BertForwardOptions = {}): BertOutput {
    return this.#run(() => paddedTokens(batch, this.config), options);
  }

  #run(prepare: () => Tokens, options: BertForwardOptions): BertOutput {
    const { hiddenDropoutProb, attentionProbsDropoutProb } = this.config;
    const mode = forwardMode(options, [hiddenDropoutProb, attentionProbsDropoutProb]);
    const outputs = tf.tidy(() => {
      const tokens = prepare();
      const { part, firstTokens } = tokens;
      const states = this.#encode(tokens, { ...mode, rows: part?.tokens ?? null }, options);
      const last = states[states.length - 1];
      const ofTexts = { ...mode, rows: part?.texts ?? null };
      const pooled = this.pooler?.forward(selectRows(last, firstTokens), ofTexts);
      return [...(pooled ? [pooled] : []), ...(options.outputHiddenStates ? states : [last])];
    });
    const states = this.pooler ? outputs.slice(1) : outputs;
    return {
      lastHiddenState: states[states.length - 1],
      pooled: this.pooler ? outputs[0] : null,
      hiddenStates: options.outputHiddenStates ? states : null,
    };
  }

  /**
   * Why layers would run op by op now, which takes longer than one op for all: a sentence, or null. Apart from that, all hidden states
   * (`outputHiddenStates`) make an op of each layer, and padded batches run op by op.
   */
  opByOpReason(): string | null {
    const reasons = this.layers.map((layer) => layer.opByOpReason());
    const first = reasons.findIndex((reason) => reason !== null);
    if (first < 0) return null;
    const count = reasons.filter((reason) => reason !== null).length;
    return `${count} of ${reasons.length} layers run op by op. ${reasons[first]}`;
  }

  /** Number of layers below the lowest trainable parameter: their hidden states stay the same in training. */
  get frozenLayers(): number {
    return layersOf(this.#frozenParts());
  }

  /** Number of parts below the lowest trainable parameter, embeddings included. */
  #frozenParts(): number {
    const lowestTrained = [this.embeddings, ...this.layers].findIndex(isTrained);
    return lowestTrained < 0 ? 1 + this.layers.length : lowestTrained;
  }

  /**
   * Hidden states after the embeddings and after each stretch of layers, or with `outputHiddenStates` after each layer. While a gradient
   * is being recorded, frozen parts at the bottom run without it.
   */
  #encode(
    tokens: Tokens,
    mode: ForwardMode,
    { lower, outputHiddenStates: all = false }: BertForwardOptions,
  ): tf.Tensor2D[] {
    const recorded = tf.engine().isTapeOn();
    const bottom = recorded || lower ? this.#frozenParts() : 0;
    const frozen = recorded ? bottom : 0;
    if (lower) this.#checkLower(lower, tokens, layersOf(bottom));
    const embed = () => lower?.states.clone() ?? this.embeddings.forward(tokens, mode);
    const states = [frozen > 0 ? withoutGradient(embed) : embed()];
    let done = 1 + (lower?.layers ?? 0);
    for (const stretch of this.#stretches(tokens.plan, mode, { all, frozen, begin: done - 1 })) {
      const below = states[states.length - 1];
      const inputGradient = done > frozen;
      const run = () => this.#runLayers(stretch, below, tokens.plan, mode, inputGradient);
      states.push(done < frozen ? withoutGradient(run) : run());
      done += stretch.layers.length;
    }
    return states;
  }

  /** @throws BertInputError if the states do not belong to this batch and model, or layers below are trained */
  #checkLower({ layers, states }: LowerLayers, { inputIds }: Tokens, frozenLayers: number): void {
    const wanted = [inputIds.size, this.config.hiddenSize];
    if (`${states.shape}` !== `${wanted}`) {
      throw new BertInputError(
        `lower.states has the shape [${states.shape}] where the batch needs [${wanted}]`,
      );
    }
    if (Number.isInteger(layers) && layers >= 0 && layers <= frozenLayers) return;
    throw new BertInputError(
      `lower.layers is ${layers}, but ${frozenLayers} of ${this.layers.length} layers at the bottom are frozen`,
    );
  }

  /**
   * The layers from number `begin` on, neighbours together that can run as one op.
   *
   * @param all one by one
   * @param frozen number of frozen parts at the bottom, embeddings included
   */
  #stretches(
    plan: AttentionPlan,
    mode: ForwardMode,
    { all, frozen, begin }: { readonly all: boolean; readonly frozen: number; readonly begin: number },
  ): Stretch[] {
    const stretches: Stretch[] = [];
    for (const [i, layer] of this.layers.entries()) {
      if (i < begin) continue;
      const last = stretches.at(-1);
      const fits = plan.offsets !== null && layer.fitsEncoderOp(mode);
      if (last?.fits && fits && !all && i + 1 !== frozen) last.layers.push(layer);
      else stretches.push({ layers: [layer], fits });
    }
    return stretches;
  }

  #runLayers(
    { layers, fits }: Stretch,
    x: tf.Tensor2D,
    plan: AttentionPlan,
    mode: ForwardMode,
    inputGradient: boolean,
  ): tf.Tensor2D {
    if (!fits) return layers.reduce((input, layer) => layer.forward(input, plan, mode), x);
    const { hiddenDropoutProb, attentionProbsDropoutProb } = this.config;
    return encoder(x, plan, layers, {
      heads: this.config.numAttentionHeads,
      eps: this.config.layerNormEps,
      dropoutStream: mode.dropoutStream,
      hiddenDropout: hiddenDropoutProb,
      attentionDropout: attentionProbsDropoutProb,
      inputGradient,
    });
  }

  protected override parts(): readonly (readonly [string, Part])[] {
    return [
      ['embeddings', this.embeddings],
      ...this.layers.map((layer, i) => [`encoder.layer.${i}`, layer] as const),
      ...(this.pooler ? [['pooler', this.pooler] as const] : []),
    ];
  }
}

/** Number of layers among this many parts at the bottom, of which the embeddings are one. */
const layersOf = (parts: number): number => Math.max(0, parts - 1);

/** Neighbouring layers that run together. */
interface Stretch {
  readonly layers: BertLayer[];
  /** Whether they run as one op. */
  readonly fits: boolean;
}

/** BERT's pooler: the first token of each text, [CLS], through a linear layer and tanh. */
class BertPooler extends Container {
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

/** Whether any parameter of a part or of its adapters is trainable. */
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
