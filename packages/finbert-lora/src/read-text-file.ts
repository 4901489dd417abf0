import { readFileSync } from 'node:fs';
import { BertInputError } from './errors.js';

/** Reads a UTF-8 file whole. @throws BertInputError when it is not there, not readable or not UTF-8 */
export function readTextFile(file: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new BertInputError('cannot be read; is this the folder of a BERT model?', { file, cause });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new BertInputError('is not UTF-8 text', { file, cause });
  }
}
