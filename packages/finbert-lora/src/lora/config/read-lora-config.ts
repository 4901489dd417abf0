import { join } from 'node:path';
import { readJsonFile } from '../../read-json-file.js';
import type { LoraConfig } from './lora-config.js';
import { parseLoraConfig } from './parse-lora-config.js';

/** Reads `adapter_config.json` of an adapter's folder. @throws BertInputError */
export function readLoraConfig(dir: string): LoraConfig {
  const file = join(dir, 'adapter_config.json');
  return parseLoraConfig(readJsonFile(file), file);
}
