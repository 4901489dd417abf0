import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '@fin/files';
import type { PeftModel } from '@fin/finbert-lora';
import { BertInputError, readJsonFile, saveAdapter } from '@fin/finbert-lora';

/** Beside PEFT's two files in the folder of an adapter for sentiment; PEFT passes over it. */
const RECORD_NAME = 'sentiment.json';

/** What PEFT's files do not say and a sentiment cannot be told without. */
export interface SentimentAdapterRecord {
  /** Classes in the order of the logits. */
  readonly labels: readonly string[];
  /** Folder of the base model when the adapter was trained. */
  readonly base: string;
  /** sha256 over the base model's weights: on others the adapter means nothing. */
  readonly baseFingerprint: string;
}

/** Writes an adapter for sentiment as PEFT would, and beside it what it needs to be used again. */
export async function saveSentimentAdapter(
  peft: PeftModel,
  dir: string,
  record: SentimentAdapterRecord,
): Promise<void> {
  await saveAdapter(peft, dir);
  const text = `${JSON.stringify({ format: 'fin-sentiment-adapter', version: 1, ...record }, null, 2)}\n`;
  await writeFileAtomically(join(dir, RECORD_NAME), text);
}

/** Whether a folder holds an adapter and not a whole model. */
export const isAdapterFolder = (dir: string): boolean => existsSync(join(dir, 'adapter_config.json'));

/** @throws BertInputError when there is none, as beside an adapter that PEFT wrote, or it is not of this version */
export function readSentimentAdapter(dir: string): SentimentAdapterRecord {
  const file = join(dir, RECORD_NAME);
  if (!existsSync(file)) {
    throw new BertInputError(
      `the adapter does not say which classes it tells apart, for ${RECORD_NAME} is not there: merge it into its model and name them in id2label of config.json`,
      { file: dir },
    );
  }
  const { format, version, labels, base, baseFingerprint } = readJsonFile(file);
  const names = Array.isArray(labels) && labels.every((label) => typeof label === 'string');
  if (format !== 'fin-sentiment-adapter' || version !== 1 || !names || typeof base !== 'string') {
    throw new BertInputError('does not describe an adapter of version 1; train it again', { file });
  }
  return { labels: labels as string[], base, baseFingerprint: String(baseFingerprint) };
}
