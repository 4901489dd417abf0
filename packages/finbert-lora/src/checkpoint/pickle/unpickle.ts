import { FormatFault } from '../errors.js';
import { OPCODES, popArguments } from './opcodes.js';
import { PickleMachine } from './pickle-machine.js';
import type { PickleValue } from './values.js';
import { PickleDict, PickleGlobal } from './values.js';

/** Largest pickle; that of BERT-base is 20 kB, since the numbers lie outside it. */
export const MAX_PICKLE_BYTES: number = 8 * 2 ** 20;

/** The protocol that `torch.save` writes by default. */
const PROTOCOL = 2;

/** What a pickle may refer to. */
export interface PickleWorld {
  /** The only names of Python that exist, by module and name joined by a point. */
  readonly globals: ReadonlyMap<string, PickleGlobal>;
  /** Gives what a persistent id stands for. */
  persistent(id: PickleValue): PickleValue;
}

/**
 * Reads a pickle of protocol 2 with a closed set of opcodes and names: it can make up numbers, text, containers and what
 * `world` makes, and nothing else. No name is looked up, no code runs, nothing recurses, and time and memory are in
 * proportion to the length.
 *
 * After `torch.load(weights_only=True)` (torch/_weights_only_unpickler.py), and stricter: no protocol but 2, no object built
 * by NEWOBJ or BUILD except an `OrderedDict` (whose attributes are dropped), nothing left over at the end.
 *
 * @throws {FormatFault}
 */
export function unpickle(bytes: Uint8Array, world: PickleWorld): PickleValue {
  if (bytes.length > MAX_PICKLE_BYTES) {
    throw new FormatFault(`its pickle of ${bytes.length} bytes is longer than any checkpoint's`);
  }
  const machine = new PickleMachine(bytes);
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
