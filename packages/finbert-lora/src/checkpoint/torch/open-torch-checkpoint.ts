import type { ByteSource, SafetensorsTensor } from '@fin/files/safetensors';
import { dtypeBits, openByteSource, printable, toFloat32, viewAs } from '@fin/files/safetensors';
import type { Checkpoint, CheckpointTensorInfo } from '../checkpoint.js';
import { asCheckpointError, CheckpointError, FormatFault } from '../errors.js';
import { MAX_PICKLE_BYTES } from '../pickle/unpickle.js';
import type { ZipEntry } from '../zip/read-zip.js';
import { readZip } from '../zip/read-zip.js';
import { readStateDict } from './read-state-dict.js';
import type { TorchTensor } from './torch-objects.js';
import { elementsOf } from './torch-objects.js';

/** First bytes of a zip archive. */
const ZIP_START = 'PK\x03\x04';

/**
 * Opens a `pytorch_model.bin` (torch 1.6 and later: a zip archive with a pickle and the raw numbers). The pickle is read by
 * {@link unpickle}, which makes tensors only. Numbers are read from the file on demand.
 *
 * ```
 * archive ── readZip ── data.pkl ── unpickle ── name -> (storage, offset, sizes, strides)
 *               └────── data/0, data/1, … ───────── read(name): bytes by position ── row-major
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
  const { storages, tensors } = await asCheckpointError(file, () => readArchive(source));
  const find = (name: string): TorchTensor => {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw new CheckpointError(`it holds no tensor ${printable(name)}.`, { file });
    return tensor;
  };
  const read = async (name: string): Promise<SafetensorsTensor> => {
    const tensor = find(name);
    const storage = storages.get(tensor.storage.key) as ZipEntry;
    return asCheckpointError(file, async () => {
      const { dtype } = tensor.storage;
      return {
        name,
        dtype,
        shape: tensor.shape,
        data: viewAs(dtype, await readElements(source, storage, tensor)),
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

async function readArchive(
  source: ByteSource,
): Promise<{ storages: ReadonlyMap<string, ZipEntry>; tensors: ReadonlyMap<string, TorchTensor> }> {
  await checkStart(source);
  const entries = await readZip(source);
  const pickleName = [...entries.keys()].find((name) => name.endsWith('/data.pkl'));
  if (pickleName === undefined)
    throw new FormatFault('its zip archive holds no data.pkl, so torch.save did not write it');
  const folder = pickleName.slice(0, -'data.pkl'.length);
  if (
    folder.indexOf('/') !== folder.length - 1 ||
    [...entries.keys()].some((name) => !name.startsWith(folder))
  ) {
    throw new FormatFault('its zip archive does not hold the one folder that torch.save writes');
  }
  if (entries.has(`${folder}constants.pkl`))
    throw new FormatFault('it is a TorchScript program, not a state dict');
  await checkByteOrder(source, entries.get(`${folder}byteorder`));
  const pickle = entries.get(pickleName) as ZipEntry;
  if (pickle.size > MAX_PICKLE_BYTES) {
    throw new FormatFault(`its pickle of ${pickle.size} bytes is longer than any checkpoint's`);
  }
  const storages = new Map<string, ZipEntry>();
  const tensors = readStateDict(await source.read(pickle.offset, pickle.size), (key) => {
    const entry = entries.get(`${folder}data/${key}`);
    if (entry !== undefined) storages.set(key, entry);
    return entry;
  });
  return { storages, tensors };
}

async function checkStart(source: ByteSource): Promise<void> {
  const start = Buffer.from(await source.read(0, Math.min(source.size, 8))).toString('latin1');
  if (start.startsWith(ZIP_START)) return;
  if (start.startsWith('\x80')) {
    throw new FormatFault(
      'it is a bare pickle, as torch wrote before version 1.6; such files are not read: load and save it with a newer torch',
    );
  }
  throw new FormatFault(
    start === 'version '
      ? 'it is a Git LFS pointer, not the file itself'
      : 'it is no file of torch.save (no zip archive)',
  );
}

async function checkByteOrder(source: ByteSource, entry: ZipEntry | undefined): Promise<void> {
  if (entry === undefined) return; // before torch 2.1: written on the little-endian machines that torch runs on
  const order = entry.size === 6 ? Buffer.from(await source.read(entry.offset, 6)).toString('latin1') : '';
  if (order !== 'little') throw new FormatFault('its numbers are not little-endian');
}

function infoOf(name: string, { storage, shape }: TorchTensor): CheckpointTensorInfo {
  return { name, dtype: storage.dtype, shape, bytes: (elementsOf(shape) * dtypeBits(storage.dtype)) / 8 };
}

async function readElements(source: ByteSource, entry: ZipEntry, tensor: TorchTensor): Promise<Uint8Array> {
  const { storage, offset, shape, strides } = tensor;
  const elements = elementsOf(shape);
  if (elements === 0) return new Uint8Array();
  const width = dtypeBits(storage.dtype) / 8;
  const span = shape.reduce((sum, size, i) => sum + (size - 1) * strides[i], 1);
  const bytes = await source.read(entry.offset + offset * width, span * width);
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
