import type { SafetensorsDtype } from '@fin/files/safetensors';
import { dtypeBits } from '@fin/files/safetensors';
import { FormatFault } from '../errors.js';
import type { PickleValue } from '../pickle/pickle-machine.js';
import { kindOf, PickleDict, PickleGlobal, PickleObject, PickleTuple } from '../pickle/pickle-machine.js';

/** A storage: elements in one entry of the archive. Tensors are views of it, and several can share one. */
export class TorchStorage extends PickleObject {
  readonly kind = 'a storage';

  constructor(
    /** Name of the entry under `data/`. */
    readonly key: string,
    readonly dtype: SafetensorsDtype,
    /** Length in elements of the dtype. */
    readonly elements: number,
  ) {
    super();
  }
}

/** A tensor as the pickle describes it. */
export class TorchTensor extends PickleObject {
  readonly kind = 'a tensor';

  constructor(
    readonly storage: TorchStorage,
    /** Offset of the first element in the storage, in elements. */
    readonly offset: number,
    /** Sizes, outermost first. */
    readonly shape: readonly number[],
    /** Stride of each dimension, in elements. */
    readonly strides: readonly number[],
  ) {
    super();
  }
}

/** Where a storage's numbers lie in the file. */
export interface StoragePlace {
  /** Offset of the first byte. */
  readonly offset: number;
  /** Length in bytes. */
  readonly size: number;
}

/** The tensors of a file, and where the numbers of each storage lie. */
export interface TorchContents {
  readonly tensors: ReadonlyMap<string, TorchTensor>;
  /** By key of the storage. */
  readonly places: ReadonlyMap<string, StoragePlace>;
}

/** Number of elements of a shape. */
export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A Python name of an element type. */
export class TorchDtype extends PickleGlobal {
  constructor(
    path: string,
    readonly dtype: SafetensorsDtype,
  ) {
    super(path);
  }
}

/** A Python name of a storage class. */
export class TorchStorageType extends PickleGlobal {
  constructor(
    path: string,
    readonly dtype: SafetensorsDtype,
  ) {
    super(path);
  }
}

const DTYPES: Readonly<Record<string, SafetensorsDtype>> = {
  float32: 'F32',
  float64: 'F64',
  float16: 'F16',
  bfloat16: 'BF16',
  int64: 'I64',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint8: 'U8',
  uint16: 'U16',
  uint32: 'U32',
  uint64: 'U64',
  bool: 'BOOL',
  float8_e4m3fn: 'F8_E4M3',
  float8_e5m2: 'F8_E5M2',
};

const STORAGES: Readonly<Record<string, SafetensorsDtype>> = {
  'torch.FloatStorage': 'F32',
  'torch.DoubleStorage': 'F64',
  'torch.HalfStorage': 'F16',
  'torch.BFloat16Storage': 'BF16',
  'torch.LongStorage': 'I64',
  'torch.IntStorage': 'I32',
  'torch.ShortStorage': 'I16',
  'torch.CharStorage': 'I8',
  'torch.ByteStorage': 'U8',
  'torch.BoolStorage': 'BOOL',
  'torch.storage.UntypedStorage': 'U8',
};

/** All names of torch that are constants, not functions. */
export const TORCH_TYPES: readonly PickleGlobal[] = [
  ...Object.entries(DTYPES).map(([name, dtype]) => new TorchDtype(`torch.${name}`, dtype)),
  ...Object.entries(STORAGES).map(([path, dtype]) => new TorchStorageType(path, dtype)),
];

/** Maximum number of dimensions, as for safetensors. */
const MAX_DIMENSIONS = 64;

/**
 * The tensor that `torch._utils._rebuild_tensor*` would make, checked to lie within its storage.
 *
 * @param args storage, offset, sizes and strides, in elements; further arguments (gradient flag, hooks) are ignored
 * @param dtype the element type where the storage is untyped
 * @throws {FormatFault}
 */
export function rebuildTensor(args: readonly PickleValue[], dtype?: TorchDtype): TorchTensor {
  const [given, offset, sizes, steps] = args;
  if (!(given instanceof TorchStorage))
    throw new FormatFault(`its pickle makes a tensor of ${describe(given)}`);
  const storage = dtype === undefined ? given : retype(given, dtype);
  const shape = wholeNumbers(sizes, 'sizes');
  const strides = wholeNumbers(steps, 'strides');
  const [start] = wholeNumbers(new PickleTuple([offset ?? null]), 'offset');
  if (shape.length !== strides.length) {
    throw new FormatFault(`its pickle makes a tensor of ${shape.length} sizes and ${strides.length} strides`);
  }
  const elements = elementsOf(shape);
  const last =
    elements === 0 ? start : shape.reduce((sum, size, i) => sum + (size - 1) * strides[i], start) + 1;
  if (!(last <= storage.elements)) {
    throw new FormatFault(
      `its pickle makes a tensor that reaches element ${last} of a storage of ${storage.elements}`,
    );
  }
  if (!(elements <= storage.elements)) {
    throw new FormatFault(
      `its pickle makes a tensor of ${elements} elements from a storage of ${storage.elements}: expanded tensors are not read`,
    );
  }
  return new TorchTensor(storage, start, shape, strides);
}

function describe(value: PickleValue | undefined): string {
  return value === undefined ? 'nothing' : kindOf(value);
}

function retype(storage: TorchStorage, { dtype }: TorchDtype): TorchStorage {
  const bytes = (storage.elements * dtypeBits(storage.dtype)) / 8;
  return new TorchStorage(storage.key, dtype, Math.floor(bytes / (dtypeBits(dtype) / 8)));
}

function wholeNumbers(value: PickleValue | undefined, what: string): number[] {
  if (!(value instanceof PickleTuple) || value.items.length > MAX_DIMENSIONS) {
    throw new FormatFault(`its pickle gives a tensor ${describe(value)} as its ${what}`);
  }
  return value.items.map((item) => {
    if (typeof item === 'number' && Number.isSafeInteger(item) && item >= 0) return item;
    throw new FormatFault(
      `its pickle gives a tensor the ${what} ${typeof item === 'number' ? item : kindOf(item)}`,
    );
  });
}

function refuse(path: string): never {
  throw new FormatFault(`its pickle calls ${path} with arguments that no saved state dict has`);
}

/**
 * `collections.OrderedDict()`; always empty, since SETITEMS adds the items. Items as arguments are refused: a pickle could have
 * the same list copied many times.
 */
function orderedDict(args: readonly PickleValue[]): PickleValue {
  return args.length === 0 ? new PickleDict(true) : refuse('collections.OrderedDict');
}

/** `torch.Size(sizes)`, kept as the tuple of sizes. */
function size([sizes, ...rest]: readonly PickleValue[]): PickleValue {
  return sizes instanceof PickleTuple && rest.length === 0 ? sizes : refuse('torch.Size');
}

/** (storage, offset, sizes, strides) */
function rebuildTensorV1(args: readonly PickleValue[]): PickleValue {
  return args.length === 4 ? rebuildTensor(args) : refuse('torch._utils._rebuild_tensor');
}

/** (storage, offset, sizes, strides, requires_grad, backward_hooks[, metadata]) */
function rebuildTensorV2(args: readonly PickleValue[]): PickleValue {
  const known = (args.length === 6 || args.length === 7) && args[5] instanceof PickleDict;
  return known ? rebuildTensor(args) : refuse('torch._utils._rebuild_tensor_v2');
}

/** (untyped storage, offset, sizes, strides, requires_grad, backward_hooks, dtype[, metadata]) */
function rebuildTensorV3(args: readonly PickleValue[]): PickleValue {
  const dtype = args[6];
  const known = (args.length === 7 || args.length === 8) && dtype instanceof TorchDtype;
  return known ? rebuildTensor(args, dtype) : refuse('torch._utils._rebuild_tensor_v3');
}

/** (tensor, requires_grad, backward_hooks) */
function rebuildParameter(args: readonly PickleValue[]): PickleValue {
  const known = args.length === 3 && args[0] instanceof TorchTensor;
  return known ? args[0] : refuse('torch._utils._rebuild_parameter');
}

const FUNCTIONS = [
  new PickleGlobal('collections.OrderedDict', orderedDict),
  new PickleGlobal('torch.Size', size),
  new PickleGlobal('torch._utils._rebuild_tensor', rebuildTensorV1),
  new PickleGlobal('torch._utils._rebuild_tensor_v2', rebuildTensorV2),
  new PickleGlobal('torch._utils._rebuild_tensor_v3', rebuildTensorV3),
  new PickleGlobal('torch._utils._rebuild_parameter', rebuildParameter),
];

/** All Python names that a checkpoint may use. */
export const TORCH_GLOBALS: ReadonlyMap<string, PickleGlobal> = new Map(
  [...FUNCTIONS, ...TORCH_TYPES].map((global) => [global.path, global]),
);
