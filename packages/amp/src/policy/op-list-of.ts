import { FLOAT32_OPS } from './float32-ops.js';
import { LOWER_OPS } from './lower-ops.js';
import type { OpList, OpRules } from './op-rule.js';
import { WIDEST_OPS } from './widest-ops.js';

/** The three lists. An op that is on none is treated as one on `widest`. */
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

/** The list that a TensorFlow op is on. */
export function opListOf(op: string): OpList {
  return LIST_OF.get(op) ?? 'widest';
}
