/** The dtype an op computes in: the low dtype, float32, or the widest dtype among its inputs. */
export type OpList = 'lower' | 'float32' | 'widest';

/** Reason why a TensorFlow op is on a list. */
export interface OpRule {
  /** Ops of torch's list of the same name that this op corresponds to; empty if torch lists none. */
  readonly torch: readonly string[];
  /** The reason, where the entry differs from torch: another name, another split into ops, or another list. */
  readonly because?: string;
}

/** Rules by TensorFlow op name. */
export type OpRules = Readonly<Record<string, OpRule>>;

const GRADIENT =
  "torch runs an op's backward in the dtype of its forward by itself; in TensorFlow it is an op with a name of its own";
const LSTM =
  'one op for all time steps; TensorFlow has it in float16 and float32 only, so bfloat16 is widened';

/**
 * Ops whose attribute `T` alone says in which dtype they compute and return; they convert their inputs inside. Their attributes are
 * changed, and their inputs passed on as they are.
 */
export const CONVERTING_OPS: ReadonlySet<string> = new Set(['FinEncoder']);

/** Ops whose dtype is that of what their forward pass saved, whatever scope they run in. Their calls are passed on unchanged. */
export const SAVED_DTYPE_OPS: ReadonlySet<string> = new Set(['FinEncoderGrad']);

/** Ops that compute in the low dtype: matrix products and convolutions. Torch's `AT_FORALL_LOWER_PRECISION_FP`. */
const LOWER_OPS: OpRules = {
  MatMul: {
    torch: ['addmm', 'addmv', 'addr', 'linear', 'mm', 'mv', 'matmul', 'chain_matmul', 'linalg_multi_dot'],
  },
  BatchMatMul: { torch: ['bmm', 'addbmm', 'baddbmm', 'matmul'] },
  BatchMatMulV2: {
    torch: ['bmm', 'addbmm', 'baddbmm', 'matmul', 'linear', 'linalg_vecdot', 'scaled_dot_product_attention'],
    because:
      "tfjs computes every product by this op, and attention is composed of it: softmax between its two products stays float32, where torch's one op keeps float32 inside",
  },
  BatchMatMulV3: { torch: ['bmm', 'matmul'] },
  Einsum: { torch: ['einsum'] },
  Conv2D: {
    torch: ['_convolution', 'convolution', 'conv1d', 'conv2d'],
    because: 'tfjs computes conv1d by it',
  },
  Conv2DBackpropInput: { torch: ['conv_transpose1d', 'conv_transpose2d'], because: GRADIENT },
  Conv2DBackpropFilter: { torch: [], because: GRADIENT },
  Conv3D: { torch: ['conv3d'] },
  Conv3DBackpropInputV2: { torch: ['conv_transpose3d'], because: GRADIENT },
  Conv3DBackpropFilterV2: { torch: [], because: GRADIENT },
  DepthwiseConv2dNative: { torch: ['conv2d'], because: 'torch: conv2d with groups' },
  DepthwiseConv2dNativeBackpropInput: { torch: [], because: GRADIENT },
  DepthwiseConv2dNativeBackpropFilter: { torch: [], because: GRADIENT },
  FinEncoder: {
    torch: [],
    because:
      'the layers of a transformer as one op of @fin/kernels: its products are low, its sums, norms, softmax and GELU float32 inside',
  },
  BlockLSTM: { torch: ['lstm_cell', '_thnn_fused_lstm_cell'], because: LSTM },
  BlockLSTMV2: { torch: ['lstm_cell', '_thnn_fused_lstm_cell'], because: LSTM },
  BlockLSTMGrad: { torch: [], because: GRADIENT },
  BlockLSTMGradV2: { torch: [], because: GRADIENT },
  LSTMBlockCell: { torch: ['lstm_cell', '_thnn_fused_lstm_cell'], because: LSTM },
  LSTMBlockCellGrad: { torch: [], because: GRADIENT },
  GRUBlockCell: { torch: ['gru_cell', '_thnn_fused_gru_cell'], because: LSTM },
  GRUBlockCellGrad: { torch: [], because: GRADIENT },
};

const SLOW_LOW =
  'on no list in torch, whose kernels compute it in float32 inside; the bfloat16 kernels of TensorFlow round at every step and took two to four times as long as float32 (AVX-512 machine)';
const MEAN =
  'torch has layer_norm, group_norm and the norms on its list; tfjs composes them of means, squares and rsqrt';
const UPSAMPLE = 'torch: the upsample_* ops';

/** Ops that always compute in float32: sums, exponentials, losses. Torch's `AT_FORALL_FP32` and `AT_FORALL_FP32_SET_OPT_DTYPE`. */
const FLOAT32_OPS: OpRules = {
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

/**
 * Ops whose inputs must share a dtype: they compute in the widest of their input dtypes. Torch's `AT_FORALL_PROMOTE`, and its CPU lists.
 *
 * Ops on no list are treated the same way. Torch runs those in the dtypes they are given and promotes where needed, which gives the
 * same result; TensorFlow has no type promotion. As in torch, scalars never promote.
 */
const WIDEST_OPS: OpRules = {
  AddN: { torch: [], because: 'TensorFlow wants one dtype; torch adds by add, which promotes' },
  Atan2: { torch: ['atan2'] },
  ConcatV2: { torch: ['cat'], because: 'on the list for the CPU only, where CUDA promotes inside the op' },
  Cross: { torch: ['cross'] },
  Pack: { torch: ['stack'], because: 'as ConcatV2' },
  ScatterNd: { torch: ['scatter_add'] },
  TensorScatterAdd: { torch: ['scatter_add', 'index_put'] },
  TensorScatterUpdate: { torch: ['index_put', 'index_copy'] },
  SelectV2: { torch: [], because: 'torch: where, which promotes' },
};

/** The three lists. An op on none of them is treated like one on `widest`. */
export const OP_LISTS: Readonly<Record<OpList, OpRules>> = {
  lower: LOWER_OPS,
  float32: FLOAT32_OPS,
  widest: WIDEST_OPS,
};

const LIST_OF: ReadonlyMap<string, OpList> = new Map(
  (Object.keys(OP_LISTS) as OpList[]).flatMap((list) =>
    Object.keys(OP_LISTS[list]).map((op) => [op, list] as const),
  ),
);

/** The list of a TensorFlow op. */
export function opListOf(op: string): OpList {
  return LIST_OF.get(op) ?? 'widest';
}

/** Ops of torch's lists without a single TensorFlow counterpart, and how they are handled here. The parity test checks that none is missing. */
export const UNMAPPED_TORCH_OPS: Readonly<Record<string, string>> = {
  prelu:
    'lower in torch for the sake of speed on GPUs; a kernel of comparisons and products here, so it follows its inputs',
  conv_tbc: 'tfjs has no such op',
  rnn_tanh_cell: 'composed: its products are on the list, its tanh is float32',
  rnn_relu_cell: 'composed: its products are on the list',
  _scaled_dot_product_flash_attention: 'see BatchMatMulV2',
  nuclear_norm: 'tfjs has no such op',
  cosine_similarity: 'composed of sums',
  cdist: 'composed of sums and square roots',
  pdist: 'composed of sums and square roots',
  poisson_nll_loss: 'composed of exp and log',
  cosine_embedding_loss: 'composed of sums',
  hinge_embedding_loss: 'composed; its sum is float32',
  kl_div: 'composed of log and sum',
  l1_loss: 'composed: the difference from a float32 target is float32',
  smooth_l1_loss: 'composed: the difference from a float32 target is float32',
  huber_loss: 'composed: the difference from a float32 target is float32',
  margin_ranking_loss: 'composed; its mean is float32',
  multilabel_margin_loss: 'composed; its mean is float32',
  soft_margin_loss: 'composed of log and exp',
  triplet_margin_loss: 'composed of sums',
  multi_margin_loss: 'composed; its mean is float32',
  binary_cross_entropy_with_logits: 'composed of log1p and exp',
  upsample_nearest3d: 'tfjs has no such op',
  _upsample_nearest_exact3d: 'tfjs has no such op',
  upsample_trilinear3d: 'tfjs has no such op',
  upsample_bicubic2d: 'tfjs has no such op',
  _upsample_bicubic2d_aa: 'tfjs has no such op',
  addcdiv: 'composed of ops that promote',
  addcmul: 'composed of ops that promote',
  bilinear: 'composed of products, which compute low here; torch takes the widest dtype',
  dot: 'tfjs computes it by BatchMatMulV2, low; torch leaves vectors in their own dtype',
  vdot: 'as dot',
  grid_sampler: 'tfjs has no such op',
  tensordot: 'composed of BatchMatMulV2 and low by it; torch takes the widest dtype',
};
