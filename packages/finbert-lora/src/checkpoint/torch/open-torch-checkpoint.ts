import type { ByteSource, SafetensorsTensor } from '@fin/files/safetensors';
import { dtypeBits, openByteSource, printable, toFloat32, viewAs } from '@fin/files/safetensors';
import type { Checkpoint, CheckpointTensorInfo } from '../checkpoint.js';
import { asCheckpointError, CheckpointError, FormatFault } from '../errors.js';
import { readArchive } from './read-archive.js';
import { isLegacyStart, readLegacy } from './read-legacy.js';
import type { StoragePlace, TorchContents, TorchTensor } from './torch-objects.js';
import { elementsOf } from './torch-objects.js';

/** First bytes of a zip archive. */
const ZIP_START = 'PK\x03\x04';

/**
 * Opens a `pytorch_model.bin`: a zip archive with a pickle and the raw numbers, as torch.save has written since version 1.6, or pickles
 * followed by the numbers, as it did before. The pickle makes tensors only, and runs no code of the file. Numbers are read from the file on demand.
 *
 * ```
 * archive ── readArchive ─┐                    name -> (storage, offset, sizes, strides)
 *                         ├─ tensors, places ── read(name): bytes by position ── row-major
 * pickles ── readLegacy ──┘
 * ```
 *
 * @throws {CheckpointError}
 */
export async function openTorchCheckpoint(file: string): Promise<Checkpoint> {
  const source = await asCheckpointError(file, () => openByteSource(file));
  try {
    return await readTorchCheckpoint(source);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** {@link openTorchCheckpoint} for any source of bytes. Closing the checkpoint closes the source. */
export async function readTorchCheckpoint(source: ByteSource): Promise<Checkpoint> {
  const { file } = source;
  const { places, tensors } = await asCheckpointError(file, () => readContents(source));
  const find = (name: string): TorchTensor => {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw new CheckpointError(`it holds no tensor ${printable(name)}.`, { file });
    return tensor;
  };
  const read = async (name: string): Promise<SafetensorsTensor> => {
    const tensor = find(name);
    const place = places.get(tensor.storage.key) as StoragePlace;
    return asCheckpointError(file, async () => {
      const { dtype } = tensor.storage;
      return {
        name,
        dtype,
        shape: tensor.shape,
        data: viewAs(dtype, await readElements(source, place, tensor)),
      };
    });
  };
  return {
    format: 'pytorch',
    files: file === null ? [] : [file],
    names: () => [...tensors.keys()],
    info: (name) => infoOf(name, find(name)),
    read,
    readFloat32: (name) => asCheckpointError(file, async () => toFloat32(await read(name))),
    close: () => source.close(),
  };
}

/** Bytes that tell the formats apart. */
const START_BYTES = 16;

async function readContents(source: ByteSource): Promise<TorchContents> {
  const start = Buffer.from(await source.read(0, Math.min(source.size, START_BYTES)));
  const text = start.toString('latin1');
  if (text.startsWith(ZIP_START)) return readArchive(source);
  if (isLegacyStart(start)) return readLegacy(source);
  if (text.startsWith('\x80'))
    throw new FormatFault(
      'it is a pickle, but not of torch.save: load it in Python and save it with torch.save',
    );
  throw new FormatFault(
    text.startsWith('version ')
      ? 'it is a Git LFS pointer, not the file itself'
      : 'it is no file of torch.save (no zip archive)',
  );
}

function infoOf(name: string, { storage, shape }: TorchTensor): CheckpointTensorInfo {
  return { name, dtype: storage.dtype, shape, bytes: (elementsOf(shape) * dtypeBits(storage.dtype)) / 8 };
}

async function readElements(
  source: ByteSource,
  place: StoragePlace,
  tensor: TorchTensor,
): Promise<Uint8Array> {
  const { storage, offset, shape, strides } = tensor;
  const elements = elementsOf(shape);
  if (elements === 0) return new Uint8Array();
  const width = dtypeBits(storage.dtype) / 8;
  const span = shape.reduce((sum, size, i) => sum + (size - 1) * strides[i], 1);
  const bytes = await source.read(place.offset + offset * width, span * width);
  return isRowMajor(shape, strides) ? bytes : gatherStrided(bytes, width, shape, strides);
}

function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}

/**
 * Copies a strided tensor's elements into row-major order.
 *
 * @param span bytes from the tensor's first element to its last
 * @param width bytes of an element: 1, 2, 4 or 8
 * @param strides stride of each dimension, in elements
 */
export function gatherStrided(
  span: Uint8Array,
  width: number,
  shape: readonly number[],
  strides: readonly number[],
): Uint8Array {
  if (width === 8) {
    return gatherStrided(span, 4, [...shape, 2], [...strides.map((stride) => 2 * stride), 1]);
  }
  const unit = width === 4 ? 'U32' : width === 2 ? 'U16' : 'U8';
  const bytes = new Uint8Array(elementsOf(shape) * width);
  const source = viewAs(unit, span);
  const gathered = viewAs(unit, bytes);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < gathered.length; to++) {
    gathered[to] = source[from] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return bytes;
}
