export { composedGelu as gelu } from './activations.js';
export { composedAdamW as adamW, composedGlobalNorm as globalNorm } from './adam-w.js';
export { composedAdamW8bit as adamW8bit } from './adam-w-8bit.js';
export { composedPackedAttention as packedAttention } from './attention/packed-attention.js';
export { composedDropout as dropout } from './dropout.js';
export { composedEmbeddings as embeddings } from './embeddings.js';
export { composedEncoder as encoder } from './encoder/encoder.js';
export { composedLayerNorm as layerNorm } from './layer-norm.js';
export { composedLstm as lstm } from './lstm.js';
