export { BertInputError } from './errors.js';
export * from './tokenizer/index.js';
