import { runtimeState } from '../state.js';
import type { Attr } from './attributes.js';
import { AttrType, attrList, castAttrs } from './attributes.js';
import type { NativeDType } from './dtypes.js';
import { dtypeNumber, standInDType } from './dtypes.js';
import type { HandleTable } from './handle-table.js';
import type { OpCall, TensorHandle } from './op-call.js';

/**
 * Ops that move values without computing on them, with the attribute that names the dtype of these values. Their outputs can keep
 * the dtype of their inputs. For `Cast` this is its source.
 */
const DATA_MOVERS: ReadonlyMap<string, string> = new Map([
  ['Cast', 'SrcT'],
  ['BroadcastTo', 'T'],
  ['ConcatV2', 'T'],
  ['ExpandDims', 'T'],
  ['GatherNd', 'Tparams'],
  ['GatherV2', 'Tparams'],
  ['Identity', 'T'],
  ['Pack', 'T'],
  ['Reshape', 'T'],
  ['ReverseV2', 'T'],
  ['Slice', 'T'],
  ['Snapshot', 'T'],
  ['Split', 'T'],
  ['SplitV', 'T'],
  ['Squeeze', 'T'],
  ['StridedSlice', 'T'],
  ['Tile', 'T'],
  ['Transpose', 'T'],
  ['Unpack', 'T'],
]);

/** Names of the ops that move values without computing on them. Their outputs keep the dtype of their inputs where these agree. */
export const DATA_MOVER_OPS: ReadonlySet<string> = new Set(DATA_MOVERS.keys());

/**
 * Runs a call on TensorFlow, after making the dtypes in its attributes match those of its inputs.
 *
 * tfjs treats a bfloat16 tensor as float32 and passes `T: float32`, which TensorFlow would refuse. If the attributes name the
 * stand-in dtype of such an input and not its true dtype, then
 * - an op that only moves values gets the true dtype, if all its inputs share it;
 * - any other op gets its inputs widened.
 *
 * Interceptors decide which ops compute in low precision: they name the low dtype in the attributes. Such a call, and one that
 * names no dtype, runs unchanged.
 */
export function executeInMatchingDTypes(table: HandleTable, call: OpCall): TensorHandle[] {
  if (table.maskedCount === 0) return execute(table, call);
  const coded = call.inputs.filter(({ encoding }) => encoding && !encoding.readBy.has(call.op));
  if (coded.length > 0) return executeDecoded(table, call, coded);
  const toWiden = call.inputs.filter((input) => disagrees(table, input, call.attrs));
  if (toWiden.length === 0) return execute(table, call);
  const mover = DATA_MOVERS.get(call.op);
  if (mover !== undefined) {
    const moved = movedDType(call, toWiden);
    if (moved !== null) return execute(table, { ...call, attrs: withDType(call.attrs, mover, moved) });
  }
  table.widened.set(call.op, (table.widened.get(call.op) ?? 0) + 1);
  const widened = new Map<number, TensorHandle>();
  try {
    for (const input of toWiden) {
      if (!widened.has(input.id)) widened.set(input.id, cast(table, input, standInDType(input.dtype)));
    }
    return execute(table, { ...call, inputs: call.inputs.map((input) => widened.get(input.id) ?? input) });
  } finally {
    for (const { id } of widened.values()) table.release(id);
  }
}

/** Runs a call on plain copies of its encoded inputs. */
function executeDecoded(table: HandleTable, call: OpCall, coded: readonly TensorHandle[]): TensorHandle[] {
  const plain = new Map<number, TensorHandle>();
  try {
    for (const input of coded) if (!plain.has(input.id)) plain.set(input.id, decode(table, input));
    const inputs = call.inputs.map((input) => plain.get(input.id) ?? input);
    return executeInMatchingDTypes(table, { ...call, inputs });
  } finally {
    for (const { id } of plain.values()) table.release(id);
  }
}

/** Makes a plain float32 tensor of an encoded one. The caller must release it. */
export function decode(table: HandleTable, input: TensorHandle): TensorHandle {
  const call = { op: input.encoding!.decodeOp, attrs: [], inputs: [input], nOutputs: 1 };
  return execute(table, call)[0]!;
}

/** Copies a native tensor into another dtype. The caller must release the copy. */
export function cast(table: HandleTable, input: TensorHandle, dtype: NativeDType): TensorHandle {
  const attrs = attrList(castAttrs(input.dtype, dtype));
  return execute(table, { op: 'Cast', attrs, inputs: [input], nOutputs: 1 })[0]!;
}

function execute(table: HandleTable, call: OpCall): TensorHandle[] {
  const ids = call.inputs.map(({ id }) => id);
  return table.binding
    .executeOp(call.op, call.attrs, ids, call.nOutputs)
    .map((output) => table.addOutput(output));
}

function disagrees(table: HandleTable, input: TensorHandle, attrs: readonly Attr[]): boolean {
  if (!table.get(input.id)?.masked) return false;
  return !names(attrs, input.dtype) && names(attrs, standInDType(input.dtype));
}

function names(attrs: readonly Attr[], dtype: NativeDType): boolean {
  const number = dtypeNumber(dtype);
  return attrs.some(({ type, value }) => type === AttrType.type && value === number);
}

/** Dtype in which a data mover can move all its inputs; null if they differ. */
function movedDType(call: OpCall, low: readonly TensorHandle[]): NativeDType | null {
  const dtype = low[0]!.dtype;
  const standIn = standInDType(dtype);
  if (standIn !== 'float32') return null;
  const alike = call.inputs.every((input) => standInDType(input.dtype) !== standIn || input.dtype === dtype);
  return alike ? dtype : null;
}

function withDType(attrs: readonly Attr[], name: string, dtype: NativeDType): readonly Attr[] {
  return attrs.map((attr) => (attr.name === name ? { ...attr, value: dtypeNumber(dtype) } : attr));
}

/**
 * How often the inputs of each op were widened from low precision, since the start or since `resetWidenedOps`. For these ops
 * bfloat16 saves memory but no time.
 */
export function widenedOps(): ReadonlyMap<string, number> {
  return new Map(runtimeState().handles?.widened);
}

/** Resets the counts of `widenedOps`. */
export function resetWidenedOps(): void {
  runtimeState().handles?.widened.clear();
}
