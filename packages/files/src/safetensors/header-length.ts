import { SafetensorsError } from './errors.js';

/** Bytes before the header: its length, a little-endian u64. */
export const LENGTH_BYTES = 8;

/** Largest header that is read or written; the reference's limit, so that parsing cannot be made to take for ever (CWE-400). */
export const MAX_HEADER_BYTES = 100_000_000;

/**
 * Length of the header in bytes, checked against the limit and against what there is.
 *
 * @param start first bytes of the data, at least eight unless there are fewer
 * @param totalBytes length of the data as a whole
 * @throws {SafetensorsError} `HeaderTooSmall`, `HeaderTooLarge`, `InvalidHeaderLength`
 */
export function headerLength(start: Uint8Array, totalBytes: number, file: string | null): number {
  if (totalBytes < LENGTH_BYTES) {
    throw new SafetensorsError(
      'HeaderTooSmall',
      `${totalBytes} bytes are too few for a header's length, which takes ${LENGTH_BYTES}`,
      { file },
    );
  }
  const length = new DataView(start.buffer, start.byteOffset, start.byteLength).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw new SafetensorsError(
      'HeaderTooLarge',
      `the header claims ${length} bytes where ${MAX_HEADER_BYTES} is the limit`,
      { file },
    );
  }
  if (LENGTH_BYTES + Number(length) > totalBytes) {
    throw new SafetensorsError(
      'InvalidHeaderLength',
      `the header claims ${length} bytes and only ${totalBytes - LENGTH_BYTES} follow`,
      { file },
    );
  }
  return Number(length);
}
