/** Dtypes of TensorFlow by their PyTorch and numpy names; the numbers are `TF_DataType`. */
const DTYPE_NUMBERS = {
  float32: 1,
  float64: 2,
  int32: 3,
  uint8: 4,
  int16: 5,
  int8: 6,
  string: 7,
  complex64: 8,
  int64: 9,
  bool: 10,
  bfloat16: 14,
  uint16: 17,
  complex128: 18,
  float16: 19,
  resource: 20,
  variant: 21,
  uint32: 22,
  uint64: 23,
} as const;

/** Dtype of a native tensor. tfjs has no name for some of them. */
export type NativeDType = keyof typeof DTYPE_NUMBERS;

const NAMES: readonly (NativeDType | undefined)[] = Object.entries(DTYPE_NUMBERS).reduce<NativeDType[]>(
  (names, [name, number]) => {
    names[number] = name as NativeDType;
    return names;
  },
  [],
);

/** Stand-in dtypes: tfjs gets these in place of dtypes that it has no name for. */
const STAND_INS: Partial<Record<NativeDType, NativeDType>> = {
  bfloat16: 'float32',
  float16: 'float32',
  float64: 'float32',
  int8: 'int32',
  int16: 'int32',
  int64: 'int32',
  uint8: 'int32',
  uint16: 'int32',
  uint32: 'int32',
  uint64: 'int32',
  complex128: 'complex64',
};

/** Bytes of one element; 0 for strings, resources and variants, whose size varies. */
const ELEMENT_BYTES: Readonly<Record<NativeDType, number>> = {
  float32: 4,
  float64: 8,
  int32: 4,
  uint8: 1,
  int16: 2,
  int8: 1,
  string: 0,
  complex64: 8,
  int64: 8,
  bool: 1,
  bfloat16: 2,
  uint16: 2,
  complex128: 16,
  float16: 2,
  resource: 0,
  variant: 0,
  uint32: 4,
  uint64: 8,
};

/** Number of a dtype in TensorFlow's C API (`TF_DataType`). */
export function dtypeNumber(dtype: NativeDType): number {
  return DTYPE_NUMBERS[dtype];
}

/** Dtype of a `TF_DataType`. Quantized and newer dtypes are reported as `variant`. */
export function dtypeName(number: number): NativeDType {
  return NAMES[number] ?? 'variant';
}

/** Dtype by which tfjs knows a native tensor of this dtype. */
export function standInDType(dtype: NativeDType): NativeDType {
  return STAND_INS[dtype] ?? dtype;
}

/** Bytes of one element; 0 for strings, resources and variants. */
export function elementBytes(dtype: NativeDType): number {
  return ELEMENT_BYTES[dtype];
}
