import type { OpRules } from './op-rule.js';

/**
 * Ops whose inputs must share a dtype: the widest of theirs. Torch's `AT_FORALL_PROMOTE`, and its lists for the CPU.
 *
 * Ops on no list are treated alike here. In torch they run in the dtypes they are given and its type promotion does the rest,
 * which comes to the same; TensorFlow has no promotion. As in torch, scalars never promote.
 */
export const WIDEST_OPS: OpRules = {
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
