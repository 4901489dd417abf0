import { FormatFault } from '../errors.js';
import type { PickleValue } from './pickle-machine.js';
import {
  PickleDict,
  PickleGlobal,
  PickleList,
  PickleMachine,
  PickleSet,
  PickleTuple,
} from './pickle-machine.js';

/** Maximum size of a pickle. The pickle of BERT-base has 20 kB, since the numbers are stored outside it. */
export const MAX_PICKLE_BYTES: number = 8 * 2 ** 20;

/** The protocol that `torch.save` writes by default. */
const PROTOCOL = 2;

/** Names and objects that a pickle may refer to. */
export interface PickleWorld {
  /** All allowed Python names, such as `torch.Size`. */
  readonly globals: ReadonlyMap<string, PickleGlobal>;
  /** Resolves a persistent id. */
  persistent(id: PickleValue): PickleValue;
}

/**
 * Reads the pickle that these bytes are. See {@link unpickleStart}.
 *
 * @throws {FormatFault}
 */
export function unpickle(bytes: Uint8Array, world: PickleWorld): PickleValue {
  if (bytes.length > MAX_PICKLE_BYTES) {
    throw new FormatFault(`its pickle of ${bytes.length} bytes is longer than any checkpoint's`);
  }
  const machine = new PickleMachine(bytes);
  const value = run(machine, world);
  return machine.atEnd ? value : machine.fail('goes on after its end');
}

/**
 * Reads the pickle with which these bytes begin: one of protocol 2 with a closed set of opcodes and names. It creates only numbers, text, containers and the objects
 * of `world`. No Python name is looked up, no code is run, nothing is recursive, and time and memory are proportional to the
 * length.
 *
 * We wrote our own because no library for Node is limited to tensors. Modelled on `torch.load(weights_only=True)`
 * (torch/_weights_only_unpickler.py), and stricter: no protocol but 2, no object built by NEWOBJ or BUILD except an `OrderedDict`
 * (whose attributes are dropped), no value left over at the end.
 *
 * @returns the value, and the length of the pickle in bytes
 * @throws {FormatFault}
 */
export function unpickleStart(
  bytes: Uint8Array,
  world: PickleWorld,
): { readonly value: PickleValue; readonly length: number } {
  const machine = new PickleMachine(bytes);
  const value = run(machine, world);
  return { value, length: machine.position };
}

function run(machine: PickleMachine, world: PickleWorld): PickleValue {
  if (machine.take(1)[0] !== 0x80) machine.fail('does not begin as a pickle of protocol 2 does');
  const protocol = machine.take(1)[0];
  if (protocol !== PROTOCOL)
    machine.fail(`is of protocol ${protocol}; only ${PROTOCOL}, torch's own, is read`);
  for (;;) {
    const opcode = String.fromCharCode(machine.take(1)[0]);
    if (opcode === '.') return machine.result(); // STOP
    if (opcode === 'c') pushGlobal(machine, world);
    else if (opcode === 'R') call(machine);
    else if (opcode === 'b') build(machine);
    else if (opcode === 'Q')
      machine.push(world.persistent(machine.pop())); // BINPERSID
    else if (Object.hasOwn(OPCODES, opcode)) OPCODES[opcode](machine);
    else machine.fail(`uses the opcode 0x${opcode.charCodeAt(0).toString(16)}, which no saved tensor needs`);
  }
}

function pushGlobal(machine: PickleMachine, world: PickleWorld): void {
  const path = `${machine.line()}.${machine.line()}`;
  machine.push(world.globals.get(path) ?? machine.refuseGlobal(path));
}

function call(machine: PickleMachine): void {
  const args = popArguments(machine);
  const { path, call: stand } = machine.popAs(PickleGlobal, 'a function');
  if (stand === undefined) machine.fail(`calls ${path}, which is no function here`);
  machine.pushContainer(stand(args));
}

function build(machine: PickleMachine): void {
  machine.popAs(PickleDict, 'a dict of attributes');
  if (!machine.topAs(PickleDict, 'an OrderedDict').ordered) machine.fail('sets attributes of a dict');
}

/** Maximum length of an integer, in bytes. Sizes and offsets of tensors fit into 53 bits. */
const MAX_LONG_BYTES = 8;

/**
 * Opcodes of pickle protocol 2 that only move data, by their letter. They are the opcodes of torch's
 * `_weights_only_unpickler.py`, without those that call a function or look up a name ({@link unpickle} handles these), and
 * without NEWOBJ, which no state dict has.
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
