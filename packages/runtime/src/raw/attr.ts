import type { Attr } from '../backend/native-binding.js';
import type { NativeDType } from '../dispatch/dtypes.js';
import { dtypeNumber } from '../dispatch/dtypes.js';

/** A typed attribute value, as the functions of `attr` make it. */
export type AttrValue = Pick<Attr, 'type' | 'value'>;

/** `TF_AttrType` of TensorFlow's C API. */
const TF_ATTR = { string: 0, int: 1, float: 2, bool: 3, type: 4, shape: 5 } as const;

/** Typed attributes of raw ops. A plain number would not say whether TensorFlow wants an int, a float or a dtype. */
export const attr: {
  readonly type: (dtype: NativeDType) => AttrValue;
  readonly int: (value: number) => AttrValue;
  readonly float: (value: number) => AttrValue;
  readonly bool: (value: boolean) => AttrValue;
  readonly string: (value: string) => AttrValue;
  /** Dimensions; -1 for one that is not known. */
  readonly shape: (dims: readonly number[]) => AttrValue;
  /** The binding takes 32-bit elements. */
  readonly intList: (values: readonly number[]) => AttrValue;
  readonly floatList: (values: readonly number[]) => AttrValue;
  readonly boolList: (values: readonly boolean[]) => AttrValue;
} = {
  type: (dtype) => ({ type: TF_ATTR.type, value: dtypeNumber(dtype) }),
  int: (value) => ({ type: TF_ATTR.int, value }),
  float: (value) => ({ type: TF_ATTR.float, value }),
  bool: (value) => ({ type: TF_ATTR.bool, value }),
  string: (value) => ({ type: TF_ATTR.string, value }),
  shape: (dims) => ({ type: TF_ATTR.shape, value: dims }),
  intList: (values) => ({ type: TF_ATTR.int, value: values }),
  floatList: (values) => ({ type: TF_ATTR.float, value: values }),
  boolList: (values) => ({ type: TF_ATTR.bool, value: values }),
};
