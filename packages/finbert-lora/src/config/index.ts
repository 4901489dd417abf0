export type { BertConfig, HiddenAct } from './bert-config.js';
export { configToJson } from './config-to-json.js';
export { createConfig } from './create-config.js';
export { parseConfig } from './parse-config.js';
export { readConfig } from './read-config.js';
