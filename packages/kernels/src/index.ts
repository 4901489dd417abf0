export { gelu, geluTanh, relu } from './activations.js';
export type { AdamWResult, AdamWSettings, AdamWUpdate } from './adam-w.js';
export { adamW, adamWMoments, adamWScalars } from './adam-w.js';
export type { AdamW8bitState, AdamW8bitUpdate, Moments8bit, TensorOf8bit } from './adam-w-8bit.js';
export { adamW8bit, MOMENT_BLOCK } from './adam-w-8bit.js';
export type { AttentionPlan, BatchPart } from './attention/attention-plan.js';
export { planAttention, planPaddedAttention } from './attention/attention-plan.js';
export type { PackedAttentionOptions } from './attention/packed-attention.js';
export { packedAttention } from './attention/packed-attention.js';
export { computesBfloat16Products } from './bfloat16-products.js';
export * as composed from './composed.js';
export type { DifferentiableOp } from './differentiable.js';
export { differentiable, withoutGradient } from './differentiable.js';
export type { DropoutOptions } from './dropout.js';
export { dropout } from './dropout.js';
export type { EmbeddingLookup, EmbeddingsOptions } from './embeddings.js';
export { embeddings } from './embeddings.js';
export { encoder } from './encoder/encoder.js';
export type {
  EncoderLayer,
  EncoderOptions,
  LinearParameters,
  LowRankUpdate,
  NormParameters,
} from './encoder/encoder-inputs.js';
export { KernelInputError } from './errors.js';
export type { Clipping } from './gradient-norm.js';
export { allFinite, clippingFactor } from './gradient-norm.js';
export type { LayerNormOptions } from './layer-norm.js';
export { layerNorm } from './layer-norm.js';
export { columnSums, linear } from './linear.js';
export type { LoadKernelsOptions } from './load-kernels.js';
export { loadKernels } from './load-kernels.js';
export { dynamicInt8Tensor, isDynamicInt8 } from './low-bit/dynamic-int8.js';
export type { LowBitFormat } from './low-bit/low-bit-matrix.js';
export { lowBitFormats } from './low-bit/low-bit-matrix.js';
export { lowBitFormatOf, lowBitTensor } from './low-bit/low-bit-tensor.js';
export type { LstmLayerWeights, LstmStates } from './lstm.js';
export { lstm } from './lstm.js';
export { selectRows } from './rows.js';
export type { KernelsReport } from './state.js';
export { int8Unit, usesFusedOps } from './state.js';
