import { withoutGradient } from '@fin/kernels';
import * as tf from '@tensorflow/tfjs-core';
import type { PackedBatch } from '../tokenizer/batches.js';
import type { BertModel, LowerLayers } from './bert-model.js';

/**
 * Keeps what the frozen layers at the bottom of an encoder compute, so that each text passes through them once and not in every epoch.
 * Worth it where adapters are in the top layers alone (`layersToTransform`).
 *
 * The frozen layers run without dropout, also in training, because a mask that never changes would be no dropout. PyTorch drops
 * there as well; with rates of 0 both compute the same.
 *
 * @example
 * const cache = new FrozenLayerCache(peft.model.bert);
 * const logits = peft.forward(batch, { training: true, dropout, lower: cache.lower(batch) });
 */
export class FrozenLayerCache {
  /** Number of frozen layers at the bottom. */
  readonly layers: number;
  readonly #model: BertModel;
  /** [tokens of the text, hidden], by the text's token ids */
  readonly #states = new Map<string, tf.Tensor2D>();

  /** @param model an encoder whose parameters stay frozen or trainable as they are now, as long as the cache is used */
  constructor(model: BertModel) {
    this.#model = model;
    this.layers = model.frozenLayers;
  }

  /** Number of texts kept. */
  get size(): number {
    return this.#states.size;
  }

  /**
   * The hidden states of a batch after the frozen layers. Texts that are new run through the encoder together. The caller disposes the
   * result, or calls this within `tf.tidy`; no gradient is recorded.
   *
   * @throws BertInputError as `BertModel.forward`
   */
  lower(batch: PackedBatch): LowerLayers {
    const keys = Array.from({ length: batch.size }, (_, k) => keyOf(batch, k));
    const states = withoutGradient(() =>
      tf.tidy(() => {
        this.#add(batch, keys);
        return tf.concat2d(
          keys.map((key) => this.#states.get(key) as tf.Tensor2D),
          0,
        );
      }),
    );
    return { layers: this.layers, states };
  }

  dispose(): void {
    for (const states of this.#states.values()) states.dispose();
    this.#states.clear();
  }

  /** Computes and keeps the states of the texts that are new. */
  #add(batch: PackedBatch, keys: readonly string[]): void {
    const missing = keys.flatMap((key, k) => (this.#states.has(key) || keys.indexOf(key) < k ? [] : [k]));
    if (missing.length === 0) return;
    const part = sequencesOf(batch, missing);
    const { hiddenStates } = this.#model.forward(part, { outputHiddenStates: true });
    const states = (hiddenStates as readonly tf.Tensor2D[])[this.layers];
    const { hiddenSize } = this.#model.config;
    for (const [i, k] of missing.entries()) {
      const [begin, end] = [part.offsets[i], part.offsets[i + 1]];
      this.#states.set(keys[k], tf.keep(tf.slice2d(states, [begin, 0], [end - begin, hiddenSize])));
    }
  }
}

/** The token ids of sequence k, and their types. */
function keyOf({ inputIds, tokenTypeIds, offsets }: PackedBatch, k: number): string {
  const [ids, types] = [inputIds, tokenTypeIds].map((all) => all.subarray(offsets[k], offsets[k + 1]));
  return `${ids}|${types.some((type) => type !== 0) ? types : ''}`;
}

/** A batch of some of the sequences. */
function sequencesOf(batch: PackedBatch, numbers: readonly number[]): PackedBatch {
  const offsets = new Int32Array(numbers.length + 1);
  for (const [i, k] of numbers.entries())
    offsets[i + 1] = offsets[i] + batch.offsets[k + 1] - batch.offsets[k];
  const taken = (all: Int32Array): Int32Array => {
    const part = new Int32Array(offsets[numbers.length]);
    for (const [i, k] of numbers.entries())
      part.set(all.subarray(batch.offsets[k], batch.offsets[k + 1]), offsets[i]);
    return part;
  };
  return {
    size: numbers.length,
    inputIds: taken(batch.inputIds),
    positionIds: taken(batch.positionIds),
    tokenTypeIds: taken(batch.tokenTypeIds),
    offsets,
    order: Int32Array.from(numbers.keys()),
  };
}
