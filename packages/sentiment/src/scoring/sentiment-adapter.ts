import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readRegularFileSync, writeFileAtomically } from '@fin/files';
import { BertInputError } from '@fin/finbert-lora';
import type { PeftModel } from '@fin/finbert-lora/lora';
import { z } from 'zod';

/** File in an adapter's folder that PEFT ignores. */
const RECORD_NAME = 'sentiment.json';

/** Facts about an adapter for sentiment that PEFT's files do not hold. */
export interface SentimentAdapterRecord {
  /** Classes in the order of the logits. */
  readonly labels: readonly string[];
  /** Folder of the base model when the adapter was trained. */
  readonly base: string;
  /** sha256 of the base model's weights. On other weights the adapter would compute nonsense. */
  readonly baseFingerprint: string;
}

/** Writes an adapter in PEFT's format, with its record. */
export async function saveSentimentAdapter(
  peft: PeftModel,
  dir: string,
  record: SentimentAdapterRecord,
): Promise<void> {
  await peft.savePretrained(dir);
  const text = `${JSON.stringify({ format: 'fin-sentiment-adapter', version: 1, ...record }, null, 2)}\n`;
  await writeFileAtomically(join(dir, RECORD_NAME), text);
}

/** Whether a folder holds an adapter and not a whole model. */
export const isAdapterFolder = (dir: string): boolean => existsSync(join(dir, 'adapter_config.json'));

/** Maximum size of a record. Real ones have less than 1 kB. */
const MAX_RECORD_BYTES: number = 2 ** 20;

const RECORD = z.object({
  format: z.literal('fin-sentiment-adapter'),
  version: z.literal(1),
  labels: z.array(z.string()),
  base: z.string(),
  baseFingerprint: z.string(),
});

/**
 * Reads the record of an adapter for sentiment; null for an adapter that PEFT wrote, which has none.
 *
 * @throws BertInputError when it is damaged or of another version
 */
export function readSentimentAdapter(dir: string): SentimentAdapterRecord | null {
  const file = join(dir, RECORD_NAME);
  if (!existsSync(file)) return null;
  try {
    return RECORD.parse(
      JSON.parse(readRegularFileSync(file, { maxBytes: MAX_RECORD_BYTES }).toString('utf8')),
    );
  } catch (cause) {
    throw new BertInputError('does not describe an adapter of version 1; train it again', { file, cause });
  }
}
