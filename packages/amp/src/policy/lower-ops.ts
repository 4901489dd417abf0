import type { OpRules } from './op-rule.js';

const GRADIENT =
  "torch runs an op's backward in the dtype of its forward by itself; in TensorFlow it is an op with a name of its own";
const LSTM =
  'one op for all time steps; TensorFlow has it in float16 and float32 only, so bfloat16 is widened';

/** Ops that compute in the low dtype: products, which gain most and lose least. Torch's `AT_FORALL_LOWER_PRECISION_FP`. */
export const LOWER_OPS: OpRules = {
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
  BlockLSTM: { torch: ['lstm_cell', '_thnn_fused_lstm_cell'], because: LSTM },
  BlockLSTMV2: { torch: ['lstm_cell', '_thnn_fused_lstm_cell'], because: LSTM },
  BlockLSTMGrad: { torch: [], because: GRADIENT },
  BlockLSTMGradV2: { torch: [], because: GRADIENT },
  LSTMBlockCell: { torch: ['lstm_cell', '_thnn_fused_lstm_cell'], because: LSTM },
  LSTMBlockCellGrad: { torch: [], because: GRADIENT },
  GRUBlockCell: { torch: ['gru_cell', '_thnn_fused_gru_cell'], because: LSTM },
  GRUBlockCellGrad: { torch: [], because: GRADIENT },
};
