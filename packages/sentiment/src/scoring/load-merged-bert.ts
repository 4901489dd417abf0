import type { LoadBertOptions, LoadedBert } from '@fin/finbert-lora';
import { BertInputError, loadBert } from '@fin/finbert-lora';
import { openAdapter, PeftModel, readLoraConfig } from '@fin/finbert-lora/lora';
import type { SentimentAdapterRecord } from './sentiment-adapter.js';
import { isAdapterFolder, readSentimentAdapter } from './sentiment-adapter.js';
import { filesDigest, hashValue, weightsDigest } from './weights-digest.js';

/** Settings of {@link loadMergedBert}. The `labels` are those of a whole model; an adapter has its own. */
export interface LoadMergedBertOptions extends LoadBertOptions {
  /** For an adapter: folder of its base model. @default the base model's folder at the time of training */
  readonly base?: string;
}

/** A loaded model with its digest. */
export interface MergedBert extends LoadedBert {
  /** sha256 of the configuration and all weights. */
  readonly fingerprint: string;
}

/**
 * Loads a whole model, or an adapter, which is merged into its base model.
 *
 * @throws BertInputError when an adapter was trained on another base model; else as `loadBert`
 */
export async function loadMergedBert(
  dir: string,
  { base, ...options }: LoadMergedBertOptions,
): Promise<MergedBert> {
  const adapted = isAdapterFolder(dir);
  const loaded = await (adapted ? loadAdapted(dir, base, options) : loadBert(dir, options));
  try {
    const digest = 'digest' in loaded ? loaded.digest : await weightsDigest(dir);
    return { ...loaded, fingerprint: hashValue([loaded.model.config, digest]) };
  } catch (error) {
    loaded.model.dispose();
    throw error;
  }
}

/**
 * Merges an adapter into its base model. The adapter's record names the classes. An adapter that PEFT wrote has no record; the
 * base model's `id2label` names them instead.
 */
async function loadAdapted(
  dir: string,
  base: string | undefined,
  options: LoadBertOptions,
): Promise<LoadedBert & { readonly digest: string }> {
  const record = readSentimentAdapter(dir);
  const baseDir = base ?? record?.base;
  if (baseDir === undefined) {
    throw new BertInputError(
      'the adapter does not say where its base model is: name the folder (--base). Its config.json must name the classes in id2label',
      { file: dir },
    );
  }
  const baseDigest = await requireBase(dir, record, baseDir);
  const loaded = await loadBert(baseDir, { init: options.init, labels: record?.labels });
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
export async function requireBase(
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

async function adapterDigest(dir: string): Promise<string> {
  const checkpoint = await openAdapter(dir);
  await checkpoint.close();
  return hashValue([readLoraConfig(dir), await filesDigest(checkpoint.files)]);
}
