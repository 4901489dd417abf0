import { resolve } from 'node:path';
import type { LowBitFormat, Policy, Precision } from '@fin/amp';
import { autocast, precisionPolicy, toLowBit, toLowPrecision } from '@fin/amp';
import { sentimentLabels } from '@fin/data';
import type { BertForSequenceClassification, ForwardOptions } from '@fin/finbert-lora';
import { FrozenLayerCache, saveBert } from '@fin/finbert-lora';
import type { LoraConfig } from '@fin/finbert-lora/lora';
import { getPeftModel } from '@fin/finbert-lora/lora';
import type { BertTokenizer, PackedBatch } from '@fin/finbert-lora/tokenizer';
import type { Module, RandomStreams } from '@fin/runtime';
import { randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { loadMergedBert } from '../scoring/load-merged-bert.js';
import { saveSentimentAdapter } from '../scoring/sentiment-adapter.js';
import { sentimentColumns } from '../scoring/sentiment-columns.js';
import { hashValue, weightsDigest } from '../scoring/weights-digest.js';
import { tuningFiles } from './run-files.js';

/** A classifier to fine-tune, by LoRA adapters or in full. */
export interface TunableModel extends Module {
  readonly tokenizer: BertTokenizer;
  /** Classes in the order of the logits. */
  readonly labels: readonly string[];
  /** Index of the logit for each of `sentimentLabels`. */
  readonly columns: readonly number[];
  /** Layers of the encoder. */
  readonly layers: number;
  /** Maximum tokens per text. */
  readonly maxLength: number;
  /** sha256 of the configuration, the initial weights without new ones, and the vocabulary. */
  readonly fingerprint: string;
  /** Weights that the checkpoint lacks. They start random. */
  readonly newWeights: readonly string[];
  /** Tensors of the checkpoint that the model has no place for. */
  readonly unusedTensors: readonly string[];
  /** Name of the saved model's folder within the run folder. */
  readonly savedAs: string;
  /** Forward pass in the precision of the settings. */
  forward(batch: PackedBatch, options?: ForwardOptions): tf.Tensor2D;
  /** With `cacheFrozenLayers`, keeps the hidden states of these texts after the frozen layers; `forward` does so as well. */
  keepFrozenLayers(batch: PackedBatch): void;
  /** Writes the whole model, or only the adapter. */
  save(dir: string): Promise<void>;
  /**
   * Makes the model as fast as it can be for inference: adapters are merged into the weights, everything is frozen, and in a low
   * precision all matrices are stored in the low dtype. It cannot be trained or saved afterwards.
   */
  prepareForInference(): void;
  /** As `opByOpReason` of the encoder: why layers run op by op, or null. */
  opByOpReason(): string | null;
  dispose(): void;
}

/** The `fingerprint` that a model in this folder has when it is opened to be trained. @throws as {@link openTunableModel} */
export async function tunableFingerprint(dir: string): Promise<string> {
  const model = await openTunableModel(dir, { lora: null, precision: 'fp32' }, randomStreams(0));
  model.dispose();
  return model.fingerprint;
}

/** Settings of {@link openTunableModel}. */
export interface TunableModelOptions {
  /** Settings of new adapters; null trains all weights. */
  readonly lora: Partial<LoraConfig> | null;
  readonly precision: Precision;
  /** As in the settings of fine-tuning. @default false */
  readonly cacheFrozenLayers?: boolean;
  /** With `lora`: format of the frozen matrices in few bits. @default null: that of the precision */
  readonly storage?: LowBitFormat | null;
}

/**
 * Loads a model to train its classes positive, negative and neutral. A bare encoder gets a new head; an adapter is merged into its
 * base model first. With `lora`, new adapters are added and the rest is frozen. In a low precision the forward pass runs under
 * autocast, and frozen matrices are stored in the low dtype. With `storage`, all of them but embeddings are stored in few bits; merging
 * the adapters widens those that have some.
 *
 * @param dir folder of a model or adapter
 * @throws BertInputError when the classes are other ones, or an adapter was trained on another base model; else as `loadBert` and
 *   `getPeftModel`
 */
export async function openTunableModel(
  dir: string,
  { lora, precision, storage = null, cacheFrozenLayers = false }: TunableModelOptions,
  random: RandomStreams,
): Promise<TunableModel> {
  const policy = precisionPolicy(precision);
  const loaded = await loadMergedBert(dir, { labels: sentimentLabels, init: random.stream('init') });
  const { model, tokenizer, newWeights, unusedTensors } = loaded;
  const fingerprint = hashValue([loaded.fingerprint, tokenizer.fingerprint]);
  try {
    const { id2label: labels, numHiddenLayers: layers, maxPositionEmbeddings: maxLength } = model.config;
    const columns = sentimentColumns(labels, dir);
    const about = {
      tokenizer,
      labels,
      layers,
      maxLength,
      fingerprint,
      newWeights,
      unusedTensors,
      columns,
    };
    if (!lora) return { ...about, ...wholeModel(model, tokenizer, policy) };
    const newPooler = newWeights.some((name) => name.startsWith('bert.pooler.'));
    const whole = [...(lora.modulesToSave ?? []), ...(newPooler ? ['pooler'] : [])];
    const peft = getPeftModel(
      model,
      {
        ...lora,
        modulesToSave: whole.length > 0 ? whole : null,
        taskType: 'SEQ_CLS',
        baseModelNameOrPath: resolve(dir),
      },
      { init: random.stream('adapter') },
    );
    if (storage !== null) toLowBit(peft, { format: storage });
    if (policy.enabled) toLowPrecision(peft, { dtype: policy.dtype });
    let cache = cacheFrozenLayers ? new FrozenLayerCache(model.bert) : null;
    const dropCache = () => {
      cache?.dispose();
      cache = null;
    };
    return {
      ...about,
      savedAs: tuningFiles.adapter,
      forward: (batch, options) =>
        tf.tidy(() =>
          autocast(policy, () =>
            peft.forward(batch, cache === null ? options : { ...options, lower: cache.lower(batch) }),
          ),
        ),
      keepFrozenLayers: (batch) => tf.tidy(() => autocast(policy, () => void cache?.lower(batch))),
      namedParameters: () => peft.namedParameters(),
      save: async (to) =>
        saveSentimentAdapter(peft, to, {
          labels,
          base: resolve(dir),
          baseFingerprint: await weightsDigest(dir),
        }),
      prepareForInference: () => {
        dropCache();
        peft.mergeAndUnload();
        freeze(model, policy);
      },
      opByOpReason: () => model.bert.opByOpReason(),
      dispose: () => {
        dropCache();
        peft.dispose();
      },
    };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

function wholeModel(
  model: BertForSequenceClassification,
  tokenizer: BertTokenizer,
  policy: Policy,
): Pick<
  TunableModel,
  | 'savedAs'
  | 'forward'
  | 'keepFrozenLayers'
  | 'namedParameters'
  | 'save'
  | 'prepareForInference'
  | 'opByOpReason'
  | 'dispose'
> {
  for (const variable of model.namedParameters().values()) variable.trainable = true; // merging froze them
  return {
    savedAs: tuningFiles.model,
    forward: (batch, options) => autocast(policy, () => model.forward(batch, options)),
    keepFrozenLayers: () => {}, // every layer is trained
    namedParameters: () => model.namedParameters(),
    save: (dir) => saveBert(model, tokenizer, dir),
    prepareForInference: () => freeze(model, policy),
    opByOpReason: () => model.bert.opByOpReason(),
    dispose: () => model.dispose(),
  };
}

/** Freezes a model, and stores its matrices in the policy's low dtype. */
function freeze(model: Module, policy: Policy): void {
  for (const variable of model.namedParameters().values()) variable.trainable = false;
  if (policy.enabled) toLowPrecision(model, { dtype: policy.dtype });
}
