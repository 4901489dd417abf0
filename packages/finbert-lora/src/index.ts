export * from './config/index.js';
export * from './encoder/index.js';
export { BertInputError } from './errors.js';
export * from './layers/index.js';
export * from './tokenizer/index.js';
