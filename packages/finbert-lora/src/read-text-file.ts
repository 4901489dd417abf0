import { FileInputError, readRegularFileSync } from '@fin/files';
import { BertInputError } from './errors.js';

/** Maximum size of a configuration, tokenizer or vocabulary file. The largest published ones have 20 MB. */
const MAX_TEXT_BYTES: number = 64 * 2 ** 20;

/** Reads a whole UTF-8 file. @throws BertInputError when it is missing, not a regular file, too large or not UTF-8 */
export function readTextFile(file: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readRegularFileSync(file, { maxBytes: MAX_TEXT_BYTES });
  } catch (cause) {
    if (cause instanceof FileInputError) {
      throw new BertInputError(cause.message.replace(`${file}: `, ''), { file, cause });
    }
    throw new BertInputError('cannot be read; is this the folder of a BERT model?', { file, cause });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new BertInputError('is not UTF-8 text', { file, cause });
  }
}

/** Reads a file that must hold one JSON object. @throws BertInputError */
export function readJsonFile(file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(readTextFile(file));
  } catch (cause) {
    if (cause instanceof BertInputError) throw cause;
    throw new BertInputError(`is not JSON (${(cause as Error).message})`, { file, cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BertInputError('does not hold a JSON object', { file });
  }
  return value as Record<string, unknown>;
}
