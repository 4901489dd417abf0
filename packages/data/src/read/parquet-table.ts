import zlib from 'node:zlib';
import type { Compressors } from 'hyparquet';
import { DataInputError } from '../errors.js';
import { objectTable } from './json-table.js';
import type { RawTable } from './raw-table.js';

/** Decompresses Zstandard, which Node has from version 22.15. */
const zstd = (zlib as { zstdDecompressSync?: (bytes: Uint8Array) => Buffer }).zstdDecompressSync;

/** Codecs that Node brings; hyparquet itself reads Snappy and uncompressed pages. */
const compressors: Compressors = {
  GZIP: (input) => zlib.gunzipSync(input),
  BROTLI: (input) => zlib.brotliDecompressSync(input),
  ...(zstd && { ZSTD: (input: Uint8Array) => zstd(input) }),
};

/** Whether bytes are a Parquet file. */
export const looksLikeParquet = (bytes: Buffer): boolean => bytes.toString('latin1', 0, 4) === 'PAR1';

/** Reads a Parquet file. Each row is numbered from 1. */
export async function parquetTable(bytes: Buffer, file: string): Promise<RawTable> {
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const { parquetReadObjects } = await import('hyparquet');
  let values: Record<string, unknown>[];
  try {
    values = await parquetReadObjects({ file: buffer, compressors });
  } catch (cause) {
    throw new DataInputError(
      `cannot be read as Parquet (${cause instanceof Error ? cause.message : cause})`,
      {
        file,
        fix: 'Write it again, with pandas: `to_parquet(path, compression="snappy")`.',
        cause,
      },
    );
  }
  if (values.length === 0) {
    throw new DataInputError('holds no rows', { file, fix: 'Download or write it again.' });
  }
  const objects = values.map((value, i) => ({ line: i + 1, value }));
  return objectTable(objects, { file, format: 'Parquet', encoding: null });
}
