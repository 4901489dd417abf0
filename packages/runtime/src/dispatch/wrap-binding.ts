import type { NativeBinding, TensorMetadata } from '../backend/native-binding.js';
import { runtimeState } from '../state.js';
import { dtypeNumber, standInDType } from './dtypes.js';
import { HandleTable, maskedMetadata } from './handle-table.js';
import { cast, decode, executeInMatchingDTypes } from './match-dtypes.js';
import type { Next, OpCall, TensorHandle } from './op-call.js';

/**
 * Wraps tfjs-node's addon. Every op call, forward and backward, then runs through the dispatch chain, and tfjs never sees a dtype
 * that it cannot name. The wrapper inherits from the addon, whose own properties are read-only. Without interceptors and
 * low-precision tensors, a call costs one table entry per output more.
 */
export function wrapBinding(addon: NativeBinding): NativeBinding {
  const state = runtimeState();
  const table = new HandleTable(addon, () => state.observers);
  state.handles = table;

  const admit = (outputs: TensorMetadata[]): TensorMetadata[] => {
    for (const output of outputs) {
      const handle = table.addOutput(output);
      if (handle.masked) output.dtype = dtypeNumber(standInDType(handle.dtype));
    }
    return outputs;
  };

  const overrides: Partial<NativeBinding> = {
    executeOp(op, attrs, ids, nOutputs) {
      if (state.interceptors.length === 0 && table.maskedCount === 0) {
        return admit(addon.executeOp(op, attrs, ids, nOutputs));
      }
      const inputs = ids.map((id) => table.describe(id));
      return dispatch(table, { op, attrs, inputs, nOutputs }).map(maskedMetadata);
    },
    createTensor(shape, dtype, values) {
      const id = addon.createTensor(shape, dtype, values);
      table.addCreated(id, dtype, shape);
      return id;
    },
    deleteTensor(id) {
      table.release(id);
    },
    tensorDataSync(id) {
      const handle = table.get(id);
      if (!handle?.masked) return addon.tensorDataSync(id);
      const wide = handle.encoding ? decode(table, handle) : cast(table, handle, standInDType(handle.dtype));
      try {
        return addon.tensorDataSync(wide.id);
      } finally {
        table.release(wide.id);
      }
    },
    runSavedModel(id, inputs, inputNames, outputNames) {
      return admit(addon.runSavedModel(id, inputs, inputNames, outputNames));
    },
  };
  return Object.create(addon, Object.getOwnPropertyDescriptors(overrides)) as NativeBinding;
}

/** Runs a call through all interceptors, the last installed first, and then on TensorFlow. */
export function dispatch(table: HandleTable, call: OpCall): TensorHandle[] {
  const chain = runtimeState().interceptors;
  const bottom: Next = (call) => executeInMatchingDTypes(table, call);
  const from = (depth: number): Next =>
    depth < 0 ? bottom : (next) => chain[depth]!.interceptor(next, from(depth - 1));
  return from(chain.length - 1)(call);
}
