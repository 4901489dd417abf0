import type { SafetensorsDtype } from '@fin/files/safetensors';
import { PickleGlobal } from '../pickle/values.js';

/** A name that stands for an element type. */
export class TorchDtype extends PickleGlobal {
  constructor(
    path: string,
    readonly dtype: SafetensorsDtype,
  ) {
    super(path);
  }
}

/** A name that stands for a class of storage. */
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

/** Every name of torch that is a mere token, by its path. */
export const TORCH_TYPES: readonly PickleGlobal[] = [
  ...Object.entries(DTYPES).map(([name, dtype]) => new TorchDtype(`torch.${name}`, dtype)),
  ...Object.entries(STORAGES).map(([path, dtype]) => new TorchStorageType(path, dtype)),
];
