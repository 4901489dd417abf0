import type { ByteSource } from '@fin/files/safetensors';
import { FormatFault } from '../errors.js';
import {
  CENTRAL,
  END,
  IN_ZIP64_16,
  IN_ZIP64_32,
  MAX_DIRECTORY_BYTES,
  MAX_ENTRIES,
  recordOf,
  safeUint64,
  ZIP64_END,
  ZIP64_LOCATOR,
} from './zip-format.js';

/** Place of a zip archive's directory. */
export interface DirectoryPlace {
  readonly offset: number;
  readonly bytes: number;
  readonly entries: number;
}

/** Finds the directory from the archive's last bytes, which must be its end record: comments and trailing data are refused. */
export async function findDirectory(source: ByteSource): Promise<DirectoryPlace> {
  if (source.size < END.bytes) throw new FormatFault(`${source.size} bytes are too few for a zip archive`);
  const endAt = source.size - END.bytes;
  const end = recordOf(await source.read(endAt, END.bytes));
  if (end.readUInt32LE(0) !== END.signature || end.readUInt16LE(20) !== 0) {
    throw new FormatFault(
      'it does not end as a zip archive does, so it is cut off or something was appended',
    );
  }
  if (
    end.readUInt16LE(4) !== 0 ||
    end.readUInt16LE(6) !== 0 ||
    end.readUInt16LE(8) !== end.readUInt16LE(10)
  ) {
    throw new FormatFault('its zip archive claims to be one of several parts');
  }
  const short = { entries: end.readUInt16LE(10), bytes: end.readUInt32LE(12), offset: end.readUInt32LE(16) };
  const wide = await readZip64(source, endAt);
  const place = wide?.place ?? short;
  const agrees =
    (short.entries === place.entries || (wide !== null && short.entries === IN_ZIP64_16)) &&
    (short.bytes === place.bytes || (wide !== null && short.bytes === IN_ZIP64_32)) &&
    (short.offset === place.offset || (wide !== null && short.offset === IN_ZIP64_32));
  if (!agrees) throw new FormatFault('its zip archive ends in two records that disagree');
  if (place.entries > MAX_ENTRIES || place.bytes > MAX_DIRECTORY_BYTES) {
    throw new FormatFault(
      `its zip archive claims ${place.entries} entries in ${place.bytes} bytes, more than any checkpoint has`,
    );
  }
  if (place.offset + place.bytes !== (wide?.at ?? endAt) || place.bytes < place.entries * CENTRAL.bytes) {
    throw new FormatFault('the directory of its zip archive is not where its end says');
  }
  return place;
}

async function readZip64(
  source: ByteSource,
  endAt: number,
): Promise<{ at: number; place: DirectoryPlace } | null> {
  const locatorAt = endAt - ZIP64_LOCATOR.bytes;
  const at = locatorAt - ZIP64_END.bytes;
  if (at < 0) return null;
  const records = recordOf(await source.read(at, endAt - at));
  const locator = records.subarray(ZIP64_END.bytes);
  if (locator.readUInt32LE(0) !== ZIP64_LOCATOR.signature) return null;
  const wellFormed =
    locator.readUInt32LE(4) === 0 &&
    safeUint64(locator, 8) === at &&
    records.readUInt32LE(0) === ZIP64_END.signature &&
    safeUint64(records, 4) === ZIP64_END.bytes - 12 &&
    records.readUInt32LE(16) === 0 &&
    records.readUInt32LE(20) === 0 &&
    safeUint64(records, 24) === safeUint64(records, 32);
  if (!wellFormed) throw new FormatFault('the zip64 end record of its zip archive is damaged');
  const place = {
    entries: safeUint64(records, 32),
    bytes: safeUint64(records, 40),
    offset: safeUint64(records, 48),
  };
  return { at, place };
}
