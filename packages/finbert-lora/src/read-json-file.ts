import { BertInputError } from './errors.js';
import { readTextFile } from './read-text-file.js';

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
