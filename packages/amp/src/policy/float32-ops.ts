import type { OpRules } from './op-rule.js';

const SLOW_LOW =
  'on no list in torch, whose kernels compute it in float32 inside; the bfloat16 kernels of TensorFlow round at every step and took two to four times as long as float32 (AVX-512 machine)';
const MEAN =
  'torch has layer_norm, group_norm and the norms on its list; tfjs composes them of means, squares and rsqrt';
const UPSAMPLE = 'torch: the upsample_* ops';

/** Ops that compute in float32, whatever their inputs are: sums, exponentials, losses. Torch's `AT_FORALL_FP32` and `AT_FORALL_FP32_SET_OPT_DTYPE`. */
export const FLOAT32_OPS: OpRules = {
  Acos: { torch: ['acos'] },
  Asin: { torch: ['asin'] },
  Cosh: { torch: ['cosh'] },
  Cumprod: { torch: ['cumprod'] },
  Cumsum: { torch: ['cumsum'] },
  Erfinv: { torch: ['erfinv'] },
  Exp: { torch: ['exp'] },
  Expm1: { torch: ['expm1'] },
  Log: { torch: ['log', 'log10', 'log2', 'logsumexp'], because: 'tfjs composes the other logarithms of it' },
  Log1p: { torch: ['log1p'] },
  LogSoftmax: { torch: ['log_softmax'] },
  Pow: { torch: ['pow'] },
  Prod: { torch: ['prod'] },
  Reciprocal: { torch: ['reciprocal'] },
  Rsqrt: { torch: ['rsqrt'] },
  Sinh: { torch: ['sinh'] },
  Softmax: { torch: ['softmax'] },
  Softplus: { torch: ['softplus'] },
  Sum: { torch: ['sum'] },
  Tan: { torch: ['tan'] },

  EuclideanNorm: {
    torch: ['norm', 'frobenius_norm', 'linalg_vector_norm', 'linalg_matrix_norm', 'dist', 'renorm'],
  },
  L2Loss: { torch: ['norm', 'linalg_vector_norm'] },
  Mean: { torch: ['layer_norm', 'native_layer_norm', 'rms_norm', 'group_norm'], because: MEAN },
  SquaredDifference: { torch: ['mse_loss'], because: 'tfjs composes the squared losses of it' },
  SoftmaxCrossEntropyWithLogits: { torch: ['nll_loss'] },
  SparseSoftmaxCrossEntropyWithLogits: { torch: ['nll_loss', 'nll_loss2d'] },
  ResizeBilinear: {
    torch: ['upsample_bilinear2d', '_upsample_bilinear2d_aa', 'upsample_linear1d'],
    because: UPSAMPLE,
  },
  ResizeBilinearGrad: { torch: [], because: UPSAMPLE },
  ResizeNearestNeighbor: {
    torch: [
      'upsample_nearest1d',
      'upsample_nearest2d',
      '_upsample_nearest_exact1d',
      '_upsample_nearest_exact2d',
    ],
    because: UPSAMPLE,
  },
  ResizeNearestNeighborGrad: { torch: [], because: UPSAMPLE },

  BiasAddGrad: {
    torch: [],
    because:
      'a sum over rows. The bfloat16 kernel of TensorFlow adds up in bfloat16: 4096 times 0.1 gives 32. Therefore float32 also where the call names a low dtype',
  },
  UnsortedSegmentSum: {
    torch: [],
    because: "a sum: the gradient of every gather, which torch's embedding accumulates in float32",
  },
  Max: {
    torch: [],
    because:
      'exact in any dtype, but tfjs composes logSoftmax and logSumExp of x - max(x), and that difference must be float32; torch has them as single ops on this list',
  },
  Min: { torch: [], because: 'as Max' },
  Erf: {
    torch: [],
    because:
      'torch has gelu as one op, computed in float32 inside; composed here, 1 + erf(x) cancels for negative x and two digits are not enough',
  },
  Erfc: { torch: [], because: 'as Erf' },
  Sigmoid: { torch: [], because: SLOW_LOW },
  Tanh: { torch: [], because: SLOW_LOW },
  LRN: { torch: [], because: 'a power of a sum of squares' },
  LRNGrad: { torch: [], because: 'as LRN' },
};
