import { createHash } from 'node:crypto';

/**
 * Layout of a record in a score file: digest of the text, three scores, and a checksum over both.
 *
 * ```
 * 0            32                44          48
 * sha256(text) 3 float32, LE     checksum
 * ```
 */
export const RECORD_BYTES = 48;
export const KEY_BYTES = 32;
const CHECKSUM_BYTES = 4;
const CHECKED_BYTES: number = RECORD_BYTES - CHECKSUM_BYTES;
const SCORES = 3;

/** The key of a text: sha256 of its UTF-8 bytes. */
export function textKey(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Encodes a record. @param scores three probabilities */
export function encodeRecord(key: Buffer, scores: Float32Array): Buffer {
  const record = Buffer.alloc(RECORD_BYTES);
  key.copy(record);
  for (let i = 0; i < SCORES; i++) record.writeFloatLE(scores[i], KEY_BYTES + 4 * i);
  checksum(record).copy(record, CHECKED_BYTES);
  return record;
}

/** Decodes a record. @returns the scores, or null when the record is incomplete */
export function decodeRecord(record: Buffer): Float32Array | null {
  if (record.length !== RECORD_BYTES || !checksum(record).equals(record.subarray(CHECKED_BYTES))) return null;
  return Float32Array.from({ length: SCORES }, (_, i) => record.readFloatLE(KEY_BYTES + 4 * i));
}

function checksum(record: Buffer): Buffer {
  return createHash('sha256').update(record.subarray(0, CHECKED_BYTES)).digest().subarray(0, CHECKSUM_BYTES);
}
