export { dropout } from './dropout.js';
export { gelu } from './gelu.js';
export { layerNorm } from './layer-norm.js';
export { packedAttention } from './packed-attention.js';
