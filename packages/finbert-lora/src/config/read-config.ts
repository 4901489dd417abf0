import { join } from 'node:path';
import { readJsonFile } from '../read-json-file.js';
import type { BertConfig } from './bert-config.js';
import { parseConfig } from './parse-config.js';

/** Reads `config.json` of a model's folder. @throws BertInputError */
export function readConfig(dir: string): BertConfig {
  const file = join(dir, 'config.json');
  return parseConfig(readJsonFile(file), file);
}
