import { resolve } from 'node:path';
import type { Policy } from '@fin/amp';
import { autocast, precisionPolicy, toLowPrecision } from '@fin/amp';
import { sentimentLabels } from '@fin/data';
import type { BertForSequenceClassification, ForwardOptions } from '@fin/finbert-lora';
import { loadBert, saveBert } from '@fin/finbert-lora';
import { getPeftModel } from '@fin/finbert-lora/lora';
import type { BertTokenizer, PackedBatch } from '@fin/finbert-lora/tokenizer';
import type { Module, RandomStreams } from '@fin/runtime';
import type * as tf from '@tensorflow/tfjs-core';
import { saveSentimentAdapter } from '../scoring/sentiment-adapter.js';
import { sentimentColumns } from '../scoring/sentiment-columns.js';
import { weightsDigest } from '../scoring/weights-digest.js';
import { tuningFiles } from './run-files.js';
import type { TuningSettings } from './settings.js';

/** A classifier to fine-tune, by LoRA adapters or in full. */
export interface TunableModel extends Module {
  readonly tokenizer: BertTokenizer;
  /** Classes in the order of the logits. */
  readonly labels: readonly string[];
  /** Index of the logit for each of `sentimentLabels`. */
  readonly columns: readonly number[];
  /** Layers of the encoder. */
  readonly layers: number;
  /** Weights that the checkpoint lacks. They start random. */
  readonly newWeights: readonly string[];
  /** Tensors of the checkpoint that the model has no place for. */
  readonly unusedTensors: readonly string[];
  /** Name of the saved model's folder within the run folder. */
  readonly savedAs: string;
  /** Forward pass in the precision of the settings. */
  forward(batch: PackedBatch, options?: ForwardOptions): tf.Tensor2D;
  /** Writes the whole model, or only the adapter. */
  save(dir: string): Promise<void>;
  dispose(): void;
}

/**
 * Loads a model to fine-tune for sentiment. A bare encoder gets a new head; with the method `lora`, adapters are added. In a low
 * precision the forward pass runs under autocast, and frozen matrices are stored in the low dtype.
 *
 * @param dir folder of the model
 * @throws BertInputError and others as `loadBert` and `applyLora`
 */
export async function openTunableModel(
  dir: string,
  { lora, precision }: Pick<TuningSettings, 'lora' | 'precision'>,
  random: RandomStreams,
): Promise<TunableModel> {
  const policy = precisionPolicy(precision);
  const loaded = await loadBert(dir, { labels: sentimentLabels, init: random.stream('init') });
  const { model, tokenizer, newWeights, unusedTensors } = loaded;
  try {
    const { id2label: labels, numHiddenLayers: layers } = model.config;
    const about = { tokenizer, labels, layers, newWeights, unusedTensors, columns: sentimentColumns(labels) };
    if (!lora) return { ...about, ...wholeModel(model, tokenizer, policy) };
    const newPooler = newWeights.some((name) => name.startsWith('bert.pooler.'));
    const peft = getPeftModel(
      model,
      { ...lora, modulesToSave: newPooler ? ['pooler'] : null, baseModelNameOrPath: resolve(dir) },
      { init: random.stream('adapter') },
    );
    if (policy.enabled) toLowPrecision(peft, { dtype: policy.dtype });
    return {
      ...about,
      savedAs: tuningFiles.adapter,
      forward: (batch, options) => autocast(policy, () => peft.forward(batch, options)),
      namedParameters: () => peft.namedParameters(),
      save: async (to) =>
        saveSentimentAdapter(peft, to, {
          labels,
          base: resolve(dir),
          baseFingerprint: await weightsDigest(dir),
        }),
      dispose: () => peft.dispose(),
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
): Pick<TunableModel, 'savedAs' | 'forward' | 'namedParameters' | 'save' | 'dispose'> {
  return {
    savedAs: tuningFiles.model,
    forward: (batch, options) => autocast(policy, () => model.forward(batch, options)),
    namedParameters: () => model.namedParameters(),
    save: (dir) => saveBert(model, tokenizer, dir),
    dispose: () => model.dispose(),
  };
}
