import type { NativeDType } from './dtypes.js';
import { dtypeNumber } from './dtypes.js';

/** An attribute of a TensorFlow op as tfjs-node's binding takes it. */
export interface Attr {
  readonly name: string;
  /** One of {@link AttrType}. */
  readonly type: number;
  readonly value: boolean | number | string | readonly number[] | readonly boolean[];
}

/** The type and value of an attribute, without its name. Made by {@link attr}. */
export type AttrValue = Pick<Attr, 'type' | 'value'>;

/** Attributes by name, as `rawOp` takes them. */
export type Attrs = Readonly<Record<string, AttrValue>>;

/** `TF_AttrType` of TensorFlow's C API. */
export const AttrType = { string: 0, int: 1, float: 2, bool: 3, type: 4, shape: 5 } as const;

/** Makes typed attributes. A plain number would not tell TensorFlow whether it is an int, a float or a dtype. */
export const attr: {
  readonly type: (dtype: NativeDType) => AttrValue;
  readonly int: (value: number) => AttrValue;
  readonly float: (value: number) => AttrValue;
  readonly bool: (value: boolean) => AttrValue;
  readonly string: (value: string) => AttrValue;
  /** Dimensions; -1 where the size is unknown. */
  readonly shape: (dims: readonly number[]) => AttrValue;
  /** The binding takes 32-bit elements. */
  readonly intList: (values: readonly number[]) => AttrValue;
  readonly floatList: (values: readonly number[]) => AttrValue;
  readonly boolList: (values: readonly boolean[]) => AttrValue;
} = {
  type: (dtype) => ({ type: AttrType.type, value: dtypeNumber(dtype) }),
  int: (value) => ({ type: AttrType.int, value }),
  float: (value) => ({ type: AttrType.float, value }),
  bool: (value) => ({ type: AttrType.bool, value }),
  string: (value) => ({ type: AttrType.string, value }),
  shape: (dims) => ({ type: AttrType.shape, value: dims }),
  intList: (values) => ({ type: AttrType.int, value: values }),
  floatList: (values) => ({ type: AttrType.float, value: values }),
  boolList: (values) => ({ type: AttrType.bool, value: values }),
};

/** Attributes as the list that an `OpCall` holds. */
export function attrList(attrs: Attrs): Attr[] {
  return Object.entries(attrs).map(([name, { type, value }]) => ({ name, type, value }));
}

/** Attributes of TensorFlow's op `Cast`. */
export function castAttrs(from: NativeDType, to: NativeDType): Attrs {
  return { SrcT: attr.type(from), DstT: attr.type(to), Truncate: attr.bool(false) };
}
