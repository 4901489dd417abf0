/** Something that only the caller of {@link unpickle} knows how to make, such as a tensor. */
export abstract class PickleObject {
  /** What a message calls it. */
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

/** A name of Python that the file may use: a mere token, unless it can be called. */
export class PickleGlobal {
  readonly kind = 'a global';
  constructor(
    /** Module and name, joined by a point. */
    readonly path: string,
    /** What stands in for calling it; absent, it cannot be called. */
    readonly call?: (args: readonly PickleValue[]) => PickleValue,
  ) {}
}

/** All that a pickle can make here. */
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

/** What a message calls a value. */
export function kindOf(value: PickleValue): string {
  if (value === null) return 'None';
  return typeof value === 'object' ? value.kind : `a ${typeof value}`;
}
