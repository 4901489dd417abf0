import { isUtf8 } from 'node:buffer';
import { printable } from '@fin/files/safetensors';
import { FormatFault } from '../errors.js';

/** Base class of objects that the caller of {@link unpickle} creates, such as tensors. */
export abstract class PickleObject {
  /** Name of this kind of object in messages. */
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

/** A `dict` or an `OrderedDict`; keys are text or numbers, since checkpoints use no others. */
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

/** Any value that a pickle can create here. */
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
 * Maximum number of tuples, lists, dicts and marks. A tensor takes about seven. An empty container takes one byte in the file and
 * some hundred bytes in memory (CWE-770).
 */
const MAX_CONTAINERS = 300_000;

/** Maximum length of a global's module or name. Real ones have less than 60 characters. */
const MAX_GLOBAL_NAME = 200;

/**
 * State of an unpickler: position, stack and memo. An invalid step throws a {@link FormatFault}. No method is recursive, and each
 * takes time in proportion to the bytes it reads.
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

  /** Whether all bytes are read. */
  get atEnd(): boolean {
    return this.#position === this.#bytes.length;
  }

  fail(problem: string): never {
    throw new FormatFault(`its pickle, at byte ${this.#position}, ${problem}`);
  }

  /** Reads the next `length` bytes. */
  take(length: number): Buffer {
    if (length > this.#bytes.length - this.#position) this.fail('is cut off or claims more than it holds');
    this.#position += length;
    return this.#bytes.subarray(this.#position - length, this.#position);
  }

  /** Reads the next `length` bytes as text. */
  text(length: number): string {
    const bytes = this.take(length);
    if (!isUtf8(bytes)) this.fail('holds text that is not valid UTF-8');
    return bytes.toString('utf8');
  }

  /** Reads a Python name that ends with a line feed. */
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

  /** Pushes a new container, and checks their number against {@link MAX_CONTAINERS}. */
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

  /** Pops the top of the stack, which must be of the given class. */
  popAs<T extends PickleValue & object>(type: abstract new (...args: never[]) => T, what: string): T {
    const value = this.pop();
    return value instanceof type ? value : this.fail(`has ${kindOf(value)} where ${what} is needed`);
  }

  /** Returns the top of the stack, which must be of the given class. */
  topAs<T extends PickleValue & object>(type: abstract new (...args: never[]) => T, what: string): T {
    const value = this.top();
    return value instanceof type ? value : this.fail(`has ${kindOf(value)} where ${what} is needed`);
  }

  mark(): void {
    this.countContainer();
    this.#outerStacks.push(this.#stack);
    this.#stack = [];
  }

  /** Pops all values above the last mark. */
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

  /** The result: the only value on the stack. */
  result(): PickleValue {
    const value = this.pop();
    if (this.#stack.length > 0 || this.#outerStacks.length > 0) this.fail('stops with values left over');
    return value;
  }

  /** Key of a dict: text or a number. */
  asKey(value: PickleValue | undefined): string | number {
    if (typeof value === 'string' || typeof value === 'number') return value;
    return this.fail(`has ${value === undefined ? 'nothing' : kindOf(value)} as the key of a dict`);
  }

  /** Throws the error for a global that is not allowed. */
  refuseGlobal(path: string): never {
    this.fail(
      `asks for the Python name ${printable(path)}, and only those that make up tensors are known here, none is looked up`,
    );
  }
}
