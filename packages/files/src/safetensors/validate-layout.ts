import { dtypeBits } from './dtypes.js';
import { SafetensorsError } from './errors.js';
import type { ClaimedTensor } from './parse-header.js';
import { printable } from './printable.js';
import type { SafetensorsInfo } from './tensor.js';

const MAX_U64 = 2n ** 64n - 1n;

/**
 * Largest single dimension, 2^32: JavaScript's arrays hold no more elements, and huggingface.js draws the line here too.
 * Without it an empty tensor could claim `[0, 2^63]`, which later sums would get wrong.
 */
export const MAX_DIMENSION: bigint = 2n ** 32n;

/**
 * Checks that the tensors' bytes follow each other without hole or overlap and end where the data ends, and that each has
 * as many as its shape and dtype need. The checks and their order are those of the Rust reference's `validate`.
 *
 * @returns the tensors by name, in the order of their bytes
 */
export function validateLayout(
  claimed: readonly ClaimedTensor[],
  dataBytes: number,
  file: string | null,
): Map<string, SafetensorsInfo> {
  const tensors = new Map<string, SafetensorsInfo>();
  let previousEnd = 0n;
  for (const tensor of [...claimed].sort(byOffsets)) {
    const { name, dtype, shape, begin, end } = tensor;
    const place = { file, tensor: name };
    if (begin !== previousEnd || end < begin) {
      const problem = `the tensor ${printable(name)} claims the bytes ${begin} to ${end} where it must begin at ${previousEnd}`;
      throw new SafetensorsError('InvalidOffset', problem, place);
    }
    previousEnd = end;
    const bytes = sizeInBytes(tensor, file);
    if (end - begin !== bytes) {
      const problem = `the tensor ${printable(name)} of dtype ${dtype} and shape [${shape}] needs ${bytes} bytes and claims ${end - begin}`;
      throw new SafetensorsError('TensorInvalidInfo', problem, place);
    }
    tensors.set(name, {
      name,
      dtype,
      shape: shape.map(Number),
      offset: Number(begin),
      bytes: Number(bytes),
    });
  }
  if (previousEnd !== BigInt(dataBytes)) {
    throw new SafetensorsError(
      'MetadataIncompleteBuffer',
      `the tensors take ${previousEnd} bytes after the header and ${dataBytes} are there`,
      { file },
    );
  }
  return tensors;
}

function byOffsets(left: ClaimedTensor, right: ClaimedTensor): number {
  if (left.begin !== right.begin) return left.begin < right.begin ? -1 : 1;
  if (left.end !== right.end) return left.end < right.end ? -1 : 1;
  return 0;
}

function sizeInBytes({ name, dtype, shape }: ClaimedTensor, file: string | null): bigint {
  const place = { file, tensor: name };
  let bits = 1n;
  for (const factor of [...shape, BigInt(dtypeBits(dtype))]) {
    bits *= factor;
    if (bits > MAX_U64) {
      const problem = `the size of the tensor ${printable(name)} of shape [${shape}] overflows 64 bits`;
      throw new SafetensorsError('ValidationOverflow', problem, place);
    }
  }
  if (bits % 8n !== 0n) {
    const problem = `the tensor ${printable(name)} of dtype ${dtype} and shape [${shape}] does not fill whole bytes`;
    throw new SafetensorsError('MisalignedSlice', problem, place);
  }
  if (shape.some((size) => size > MAX_DIMENSION)) {
    const problem = `the tensor ${printable(name)} of shape [${shape}] has a dimension above ${MAX_DIMENSION}`;
    throw new SafetensorsError('DimensionTooLarge', problem, place);
  }
  return bits / 8n;
}
