import { createHash } from 'node:crypto';

/** sha256 over little-endian int32: the length of a sequence, then its ids. As in tooling/oracle/finbert-tokenizer.py. */
export function idsDigest(sequences: Iterable<Int32Array>): string {
  const sha = createHash('sha256');
  for (const ids of sequences) sha.update(new Uint8Array(Int32Array.of(ids.length, ...ids).buffer));
  return sha.digest('hex');
}
