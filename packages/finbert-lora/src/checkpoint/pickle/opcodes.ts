import type { PickleMachine } from './pickle-machine.js';
import type { PickleValue } from './values.js';
import { PickleDict, PickleList, PickleSet, PickleTuple } from './values.js';

/** Longest whole number that is read, in bytes; sizes and places of tensors fit into 53 bits. */
const MAX_LONG_BYTES = 8;

/**
 * The opcodes of pickle protocol 2 that move data, by their letter: the set of torch's `_weights_only_unpickler.py`, less
 * those that call or look up, which {@link unpickle} treats itself, and NEWOBJ, which no state dict has.
 */
export const OPCODES: Readonly<Record<string, (machine: PickleMachine) => void>> = {
  '(': (machine) => machine.mark(), // MARK
  N: (machine) => machine.push(null), // NONE
  '\x88': (machine) => machine.push(true), // NEWTRUE
  '\x89': (machine) => machine.push(false), // NEWFALSE
  J: (machine) => machine.push(machine.take(4).readInt32LE()), // BININT
  K: (machine) => machine.push(machine.take(1)[0]), // BININT1
  M: (machine) => machine.push(machine.take(2).readUInt16LE()), // BININT2
  G: (machine) => machine.push(machine.take(8).readDoubleBE()), // BINFLOAT
  '\x8a': (machine) => machine.push(readLong(machine)), // LONG1
  X: (machine) => machine.push(machine.text(machine.take(4).readUInt32LE())), // BINUNICODE
  U: (machine) => machine.push(machine.text(machine.take(1)[0])), // SHORT_BINSTRING
  ')': (machine) => machine.pushTuple([]), // EMPTY_TUPLE
  ']': (machine) => machine.pushContainer(new PickleList()), // EMPTY_LIST
  '}': (machine) => machine.pushContainer(new PickleDict(false)), // EMPTY_DICT
  '\x8f': (machine) => machine.pushContainer(new PickleSet()), // EMPTY_SET
  t: (machine) => machine.pushTuple(machine.popToMark()), // TUPLE
  '\x85': (machine) => machine.pushTuple([machine.pop()]), // TUPLE1
  '\x86': (machine) => machine.pushTuple(popLast(machine, 2)), // TUPLE2
  '\x87': (machine) => machine.pushTuple(popLast(machine, 3)), // TUPLE3
  a: (machine) => append(machine, [machine.pop()]), // APPEND
  e: (machine) => append(machine, machine.popToMark()), // APPENDS
  s: (machine) => setItems(machine, popLast(machine, 2)), // SETITEM
  u: (machine) => setItems(machine, machine.popToMark()), // SETITEMS
  h: (machine) => machine.recall(machine.take(1)[0]), // BINGET
  j: (machine) => machine.recall(machine.take(4).readUInt32LE()), // LONG_BINGET
  q: (machine) => machine.remember(machine.take(1)[0]), // BINPUT
  r: (machine) => machine.remember(machine.take(4).readUInt32LE()), // LONG_BINPUT
};

function popLast(machine: PickleMachine, count: number): PickleValue[] {
  return Array.from({ length: count }, () => machine.pop()).reverse();
}

function append(machine: PickleMachine, items: readonly PickleValue[]): void {
  const list = machine.topAs(PickleList, 'a list');
  for (const item of items) list.items.push(item);
}

function setItems(machine: PickleMachine, items: readonly PickleValue[]): void {
  const { entries } = machine.topAs(PickleDict, 'a dict');
  if (items.length % 2 !== 0) machine.fail('gives a dict a key without a value');
  for (let i = 0; i < items.length; i += 2) entries.set(machine.asKey(items[i]), items[i + 1]);
}

function readLong(machine: PickleMachine): number {
  const bytes = machine.take(machine.take(1)[0]);
  if (bytes.length > MAX_LONG_BYTES) machine.fail(`holds a whole number of ${bytes.length} bytes`);
  let value = 0n;
  for (const byte of bytes.toReversed()) value = (value << 8n) | BigInt(byte);
  value = BigInt.asIntN(8 * bytes.length, value);
  if (!Number.isSafeInteger(Number(value))) machine.fail(`holds the whole number ${value}`);
  return Number(value);
}

/** Arguments of a call, which the pickle gives as a tuple. */
export function popArguments(machine: PickleMachine): readonly PickleValue[] {
  return machine.popAs(PickleTuple, 'a tuple of arguments').items;
}
