import type { ByteSource } from '@fin/files/safetensors';
import { FormatFault } from '../errors.js';
import { MAX_PICKLE_BYTES, unpickle } from '../pickle/unpickle.js';
import type { ZipEntry } from '../zip/read-zip.js';
import { readZip } from '../zip/read-zip.js';
import { checkStorage, readStateDict } from './read-state-dict.js';
import type { TorchContents } from './torch-objects.js';

/**
 * Reads the zip archive that torch.save writes: one folder with `data.pkl`, and one entry under `data/` for each storage.
 *
 * @throws {FormatFault}
 */
export async function readArchive(source: ByteSource): Promise<TorchContents> {
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
  const bytes = await source.read(pickle.offset, pickle.size);
  const { tensors, storages } = readStateDict((world) => unpickle(bytes, world), 5);
  const places = new Map<string, ZipEntry>();
  for (const [key, storage] of storages) {
    const entry = entries.get(`${folder}data/${key}`);
    checkStorage(storage, entry);
    if (entry !== undefined) places.set(key, entry);
  }
  return { tensors, places };
}

async function checkByteOrder(source: ByteSource, entry: ZipEntry | undefined): Promise<void> {
  if (entry === undefined) return; // before torch 2.1: written on the little-endian machines that torch runs on
  const order = entry.size === 6 ? Buffer.from(await source.read(entry.offset, 6)).toString('latin1') : '';
  if (order !== 'little') throw new FormatFault('its numbers are not little-endian');
}
