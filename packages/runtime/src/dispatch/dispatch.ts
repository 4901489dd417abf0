import { runtimeState } from '../state.js';
import type { HandleTable } from './handle-table.js';
import { executeSettled } from './settle-dtypes.js';
import type { Next, OpCall, TensorHandle } from './types.js';

/** Runs a call through every interceptor, the last installed first, and then on TensorFlow. */
export function dispatch(table: HandleTable, call: OpCall): TensorHandle[] {
  const chain = runtimeState().interceptors;
  const bottom: Next = (settled) => executeSettled(table, settled);
  const from = (depth: number): Next =>
    depth < 0 ? bottom : (next) => chain[depth]!.interceptor(next, from(depth - 1));
  return from(chain.length - 1)(call);
}
