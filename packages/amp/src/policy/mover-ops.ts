/**
 * Ops that move values without computing on them. Their result stays in the dtype of their inputs where these agree, in every
 * mode; @fin/runtime's dispatch chain sees to that.
 */
export const MOVER_OPS: ReadonlySet<string> = new Set([
  'BroadcastTo',
  'Cast',
  'ConcatV2',
  'ExpandDims',
  'GatherNd',
  'GatherV2',
  'Identity',
  'Pack',
  'Reshape',
  'ReverseV2',
  'Slice',
  'Snapshot',
  'Split',
  'SplitV',
  'Squeeze',
  'StridedSlice',
  'Tile',
  'Transpose',
  'Unpack',
]);
