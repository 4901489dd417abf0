import { join } from 'node:path';
import type { BertForSequenceClassification, LoadedBert } from '@fin/finbert-lora';
import { BertInputError, loadBert } from '@fin/finbert-lora';
import { openAdapter, PeftModel, readLoraConfig } from '@fin/finbert-lora/lora';
import type { BertTokenizer } from '@fin/finbert-lora/tokenizer';
import { randomStreams } from '@fin/runtime';
import type { SentimentAdapterRecord } from './sentiment-adapter.js';
import { isAdapterFolder, readSentimentAdapter } from './sentiment-adapter.js';
import { sentimentColumns } from './sentiment-columns.js';
import { filesDigest, hashValue, weightsDigest } from './weights-digest.js';

/** A classifier that is ready to score. */
export interface SentimentModel {
  readonly model: BertForSequenceClassification;
  readonly tokenizer: BertTokenizer;
  /** Index of the logit for each of `sentimentLabels`. */
  readonly columns: readonly number[];
  /** sha256 of the configuration and all weights. */
  readonly fingerprint: string;
}

/** Settings of {@link loadSentimentModel}. */
export interface LoadSentimentModelOptions {
  /** For an adapter: folder of its base model. @default the base model's folder at the time of training */
  readonly base?: string;
}

/**
 * Loads a model whose head was trained for sentiment: a whole model, or an adapter, which is merged into its base model.
 *
 * @throws BertInputError when the head is missing, the classes are not positive, negative and neutral, or an adapter was trained
 *   on another base model; else as `loadBert`
 */
export async function loadSentimentModel(
  dir: string,
  { base }: LoadSentimentModelOptions = {},
): Promise<SentimentModel> {
  const adapted = isAdapterFolder(dir);
  const loaded = await (adapted ? loadAdapted(dir, base) : loadBert(dir, { init: unused() }));
  const { model, tokenizer, newWeights } = loaded;
  try {
    if (newWeights.length > 0) {
      throw new BertInputError(
        `the model has no trained classifier (it lacks ${newWeights.join(', ')}), so it cannot tell sentiment: fine-tune it first`,
        { file: dir },
      );
    }
    const columns = sentimentColumns(model.config.id2label, join(dir, 'config.json'));
    const digest = 'digest' in loaded ? loaded.digest : await weightsDigest(dir);
    return { model, tokenizer, columns, fingerprint: hashValue([model.config, digest]) };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/**
 * Merges an adapter into its base model. The adapter's record names the classes. An adapter that PEFT wrote has no record; the
 * base model's `id2label` names them instead.
 */
async function loadAdapted(dir: string, base: string | undefined): Promise<LoadedBert & { digest: string }> {
  const record = readSentimentAdapter(dir);
  const baseDir = base ?? record?.base;
  if (baseDir === undefined) {
    throw new BertInputError(
      'the adapter does not say where its base model is: name the folder (--base). Its config.json must name the classes in id2label',
      { file: dir },
    );
  }
  const baseDigest = await requireBase(dir, record, baseDir);
  const loaded = await loadBert(baseDir, { init: unused(), labels: record?.labels });
  try {
    const peft = await PeftModel.fromPretrained(loaded.model, dir);
    const trained = peft.adapterParameters(peft.activeAdapter!);
    peft.mergeAndUnload();
    return {
      ...loaded,
      newWeights: loaded.newWeights.filter((name) => !trained.has(`base_model.model.${name}`)),
      digest: hashValue([baseDigest, await adapterDigest(dir)]),
    };
  } catch (error) {
    loaded.model.dispose();
    throw error;
  }
}

/** Digest of an adapter's base model. @throws BertInputError when the adapter was trained on another model */
async function requireBase(
  dir: string,
  record: SentimentAdapterRecord | null,
  baseDir: string,
): Promise<string> {
  const digest = await weightsDigest(baseDir).catch((cause: Error) => {
    throw new BertInputError(
      `the adapter's base model is not at ${baseDir} (${cause.message}): say where it is`,
      { file: dir, cause },
    );
  });
  if (record !== null && digest !== record.baseFingerprint) {
    throw new BertInputError(`the weights in ${baseDir} are not those that the adapter was trained on`, {
      file: dir,
    });
  }
  return digest;
}

/**
 * Reads the classes of an adapter's head from its record. Undefined without a record; the base model's classes apply then.
 *
 * @throws BertInputError when `base` is not the model that the adapter was trained on
 */
export async function adapterLabels(dir: string, base: string): Promise<readonly string[] | undefined> {
  const record = readSentimentAdapter(dir);
  if (record !== null) await requireBase(dir, record, base);
  return record?.labels;
}

async function adapterDigest(dir: string): Promise<string> {
  const checkpoint = await openAdapter(dir);
  await checkpoint.close();
  return hashValue([readLoraConfig(dir), await filesDigest(checkpoint.files)]);
}

/** Random weights for a head; the checkpoint replaces them, or the model is refused. */
const unused = () => randomStreams(0).stream('init');
