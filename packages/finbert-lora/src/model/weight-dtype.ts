import type { SafetensorsDtype } from '@fin/files/safetensors';
import { fromFloat32 } from '@fin/files/safetensors';

/** Types that weights can be stored in. */
export type WeightDtype = 'F32' | 'BF16' | 'F16';

export const WEIGHT_DTYPES: readonly WeightDtype[] = ['F32', 'BF16', 'F16'];

/** PyTorch's name of each type, as spelled in `config.json`. */
export const TORCH_NAMES: Readonly<Record<WeightDtype, string>> = {
  F32: 'float32',
  BF16: 'bfloat16',
  F16: 'float16',
};

/** Whether tensors of this type hold weights, and not counters or flags. */
export const isFloatDtype = (dtype: SafetensorsDtype): boolean =>
  dtype === 'F64' || (WEIGHT_DTYPES as readonly string[]).includes(dtype);

/** Converts weights to a stored type. 16-bit types are rounded to nearest, ties to even. */
export function toWeightDtype(values: Float32Array, dtype: WeightDtype): Float32Array | Uint16Array {
  return dtype === 'F32' ? values : fromFloat32(values, dtype);
}
