import { isUtf8 } from 'node:buffer';
import { printable } from '@fin/files/safetensors';
import { FormatFault } from '../errors.js';

/** Something that only the caller of {@link unpickle} knows how to make, such as a tensor. */
export abstract class PickleObject {
  /** Name of its kind in messages. */
  abstract readonly kind: string;
}

export class PickleTuple {
  readonly kind = 'a tuple';
  constructor(readonly items: readonly PickleValue[]) {}
}

export class PickleList {
  readonly kind = 'a list';
  readonly items: PickleValue[] = [];
}

export class PickleSet {
  readonly kind = 'a set';
}

/** A `dict` or an `OrderedDict`; keys are text or numbers, which is all that checkpoints use. */
export class PickleDict {
  readonly kind = 'a dict';
  readonly entries: Map<string | number, PickleValue> = new Map();
  constructor(readonly ordered: boolean) {}
}

/** A Python name that the file may use. */
export class PickleGlobal {
  readonly kind = 'a global';
  constructor(
    /** Module and name, joined by a point. */
    readonly path: string,
    /** Replaces the call of the Python function; without it the name cannot be called. */
    readonly call?: (args: readonly PickleValue[]) => PickleValue,
  ) {}
}

/** Every value that a pickle can make here. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | PickleTuple
  | PickleList
  | PickleSet
  | PickleDict
  | PickleGlobal
  | PickleObject;

/** Name of a value's kind in messages. */
export function kindOf(value: PickleValue): string {
  if (value === null) return 'None';
  return typeof value === 'object' ? value.kind : `a ${typeof value}`;
}

/**
 * Most tuples, lists, dicts and marks. A tensor takes about seven, and an empty container costs the file one byte and memory
 * some hundred (CWE-770).
 */
const MAX_CONTAINERS = 300_000;

/** Longest module or name of a global; real ones are under 60 characters. */
const MAX_GLOBAL_NAME = 200;

/**
 * The state of an unpickler: its place in the bytes, its stack and its memo. Every step that the bytes ask for and the state
 * does not allow ends in a {@link FormatFault}; none of its methods calls itself, and each takes time in proportion to the
 * bytes it reads.
 */
export class PickleMachine {
  readonly #bytes: Buffer;
  #position = 0;
  #stack: PickleValue[] = [];
  readonly #outerStacks: PickleValue[][] = [];
  readonly #memo = new Map<number, PickleValue>();
  #containers = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get position(): number {
    return this.#position;
  }

  fail(problem: string): never {
    throw new FormatFault(`its pickle, at byte ${this.#position}, ${problem}`);
  }

  /** The next `length` bytes. */
  take(length: number): Buffer {
    if (length > this.#bytes.length - this.#position) this.fail('is cut off or claims more than it holds');
    this.#position += length;
    return this.#bytes.subarray(this.#position - length, this.#position);
  }

  /** The next `length` bytes as text. */
  text(length: number): string {
    const bytes = this.take(length);
    if (!isUtf8(bytes)) this.fail('holds text that is not valid UTF-8');
    return bytes.toString('utf8');
  }

  /** The next bytes up to a line feed, as a name of Python. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#position);
    if (end < 0 || end - this.#position > MAX_GLOBAL_NAME) this.fail('names a global without end');
    const name = this.text(end - this.#position);
    this.#position++;
    return name;
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  /** Pushes a new container, of which there may be only so many. */
  pushContainer(value: PickleValue): void {
    this.countContainer();
    this.#stack.push(value);
  }

  countContainer(): void {
    if (++this.#containers > MAX_CONTAINERS) this.fail(`makes more than ${MAX_CONTAINERS} containers`);
  }

  pop(): PickleValue {
    const value = this.#stack.pop();
    return value === undefined ? this.fail('takes from an empty stack') : value;
  }

  top(): PickleValue {
    const value = this.#stack.at(-1);
    return value === undefined ? this.fail('takes from an empty stack') : value;
  }

  /** Takes the topmost value, which must be of the given class. */
  popAs<T extends PickleValue & object>(type: abstract new (...args: never[]) => T, what: string): T {
    const value = this.pop();
    return value instanceof type ? value : this.fail(`has ${kindOf(value)} where ${what} is needed`);
  }

  /** The topmost value, which must be of the given class. */
  topAs<T extends PickleValue & object>(type: abstract new (...args: never[]) => T, what: string): T {
    const value = this.top();
    return value instanceof type ? value : this.fail(`has ${kindOf(value)} where ${what} is needed`);
  }

  mark(): void {
    this.countContainer();
    this.#outerStacks.push(this.#stack);
    this.#stack = [];
  }

  /** Everything since the last mark. */
  popToMark(): PickleValue[] {
    const outer = this.#outerStacks.pop();
    if (outer === undefined) this.fail('goes back to a mark that was never set');
    const items = this.#stack;
    this.#stack = outer;
    return items;
  }

  pushTuple(items: readonly PickleValue[]): void {
    this.pushContainer(new PickleTuple(items));
  }

  remember(slot: number): void {
    this.#memo.set(slot, this.top());
  }

  recall(slot: number): void {
    const value = this.#memo.get(slot);
    if (value === undefined) this.fail(`recalls the memo ${slot}, which was never set`);
    this.push(value);
  }

  /** The one value left when the pickle stops, which it must do at its last byte. */
  result(): PickleValue {
    const value = this.pop();
    if (this.#stack.length > 0 || this.#outerStacks.length > 0) this.fail('stops with values left over');
    if (this.#position < this.#bytes.length) this.fail('goes on after its end');
    return value;
  }

  /** Key of a dict: text or a number. */
  asKey(value: PickleValue | undefined): string | number {
    if (typeof value === 'string' || typeof value === 'number') return value;
    return this.fail(`has ${value === undefined ? 'nothing' : kindOf(value)} as the key of a dict`);
  }

  /** Ends in the refusal of a global. */
  refuseGlobal(path: string): never {
    this.fail(
      `asks for the Python name ${printable(path)}, and only those that make up tensors are known here, none is looked up`,
    );
  }
}
