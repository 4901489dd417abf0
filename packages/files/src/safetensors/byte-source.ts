import type { FileHandle } from 'node:fs/promises';
import { FileInputError } from '../errors.js';
import { openRegularFile } from '../regular-file.js';
import { SafetensorsError } from './errors.js';

/** Maximum size of a single read. Some systems refuse more than 2 GiB. */
const READ_CHUNK = 1 << 30;

/** Random access to the bytes of a file, or to bytes in memory. */
export interface ByteSource {
  /** Path of the file; null for bytes in memory. */
  readonly file: string | null;
  /** Size in bytes when it was opened. */
  readonly size: number;
  /**
   * Reads `length` bytes from `position` on. From a file they are read into a new buffer; from memory they are a view.
   *
   * @throws {SafetensorsError} `IoError` if the bytes are not there, `TensorTooLarge` if they do not fit into memory
   */
  read(position: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Opens a regular file for reading by position. Pipes, devices and folders are refused.
 *
 * @throws {SafetensorsError} `IoError`
 */
export async function openByteSource(file: string): Promise<ByteSource> {
  const failed = (cause: unknown): SafetensorsError => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new SafetensorsError('IoError', `it cannot be read (${reason})`, { file, cause });
  };
  const handle = await openRegularFile(file).catch((cause: unknown) => {
    if (!(cause instanceof FileInputError)) throw failed(cause);
    const problem = 'it is not a regular file; pipes, devices and folders are not read';
    throw new SafetensorsError('IoError', problem, { file, cause });
  });
  try {
    const stats = await handle.stat();
    return {
      file,
      size: stats.size,
      read: async (position, length) => {
        const bytes = allocate(length, file);
        try {
          await fill(handle, bytes, position);
        } catch (cause) {
          throw failed(cause);
        }
        return bytes;
      },
      close: () => handle.close(),
    };
  } catch (cause) {
    await handle.close();
    throw cause instanceof SafetensorsError ? cause : failed(cause);
  }
}

/** Makes a byte source from bytes in memory. */
export function byteSourceOf(bytes: Uint8Array): ByteSource {
  return {
    file: null,
    size: bytes.length,
    read: (position, length) =>
      position + length <= bytes.length
        ? Promise.resolve(bytes.subarray(position, position + length))
        : Promise.reject(new SafetensorsError('IoError', `it ends at byte ${bytes.length}`)),
    close: () => Promise.resolve(),
  };
}

function allocate(length: number, file: string): Uint8Array {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    const problem = `${length} bytes do not fit into one array here`;
    throw new SafetensorsError('TensorTooLarge', problem, { file, cause });
  }
}

async function fill(handle: FileHandle, target: Uint8Array, position: number): Promise<void> {
  let filled = 0;
  while (filled < target.length) {
    const length = Math.min(READ_CHUNK, target.length - filled);
    const { bytesRead } = await handle.read(target, filled, length, position + filled);
    if (bytesRead === 0) throw new Error(`it ends at byte ${position + filled}: did it shrink while open?`);
    filled += bytesRead;
  }
}
