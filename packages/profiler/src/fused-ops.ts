/** Ops that do the work of several, with that work. */
const fusedOps: Readonly<Record<string, string>> = {
  _FusedMatMul: 'product, bias, activation',
  FinEncoder: 'all layers: linear layers, attention, GELU, layer norms',
  FinEncoderGrad: 'all layers backward: linear layers, attention, GELU, layer norms',
  FinPackedAttention: 'scores, softmax, dropout, weighted sum of the values',
  FinPackedAttentionGrad: 'scores again, gradients of softmax, queries, keys and values',
  FinGelu: 'bias, GELU',
  FinGeluGrad: 'gradients of GELU and bias',
  FinEmbeddings: 'rows of all tables, sum, layer norm',
  FinLayerNorm: 'bias, dropout, residual, layer norm',
  FinLayerNormGrad: 'gradients of layer norm, residual, dropout and bias',
  FinDropout: 'random numbers, mask, scale',
  FinLstm: 'all layers and time steps: products, gates, states, dropout between layers',
  FinLstmGrad: 'all layers and time steps: gradients of gates, states and weights',
  BlockLSTM: 'all time steps: products, gates, states',
  BlockLSTMV2: 'all time steps: products, gates, states',
  BlockLSTMGrad: 'all time steps: gradients of gates and states, products',
  BlockLSTMGradV2: 'all time steps: gradients of gates and states, products',
  FinAdamW: 'moments, decay and weights of all parameters',
  FinAdamW8bit: 'moments widened, moments, decay and weights of all parameters, moments in 8 bits',
  FinAdamW8bitState: 'moments of all parameters in one tensor',
  FinAdamW8bitMoments: 'moments of each parameter',
  FinAdamWMoments: 'moments of all parameters in one tensor',
  FinInt8Linear: 'codes of the input, product, scales, bias',
  FinLowBitDecode: 'scales and numbers of a matrix in few bits',
  FinAllFinite: 'squares and sum over all gradients',
  FinGlobalNorm: 'squares, sum, root over all gradients, factor that clips them',
  ResourceApplyAdam: 'both moments, weights',
};

/** Work that an op fuses; null for an op that does one thing. */
export function fusedWork(op: string): string | null {
  return Object.hasOwn(fusedOps, op) ? fusedOps[op] : null;
}
