import { createHash } from 'node:crypto';
import { writeFileAtomically } from '@fin/files';

/** Where a file was fetched and when; kept beside it. No credential is part of it. */
export interface SourceRecord {
  /** Name of the source, such as `yahoo`. */
  readonly source: string;
  /** What was asked for: a symbol, or a data set. */
  readonly name: string;
  /** Address that was asked. */
  readonly address: string;
  /** When it was fetched, ISO 8601 in UTC. */
  readonly fetchedAt: string;
  /** sha256 of what was fetched, in hex: of the file beside, or of the archive. */
  readonly sha256: string;
}

export const sha256 = (content: string | Uint8Array): string =>
  createHash('sha256').update(content).digest('hex');

/** Writes a record atomically. */
export async function writeSourceRecord(file: string, record: SourceRecord): Promise<void> {
  await writeFileAtomically(file, `${JSON.stringify(record, null, 2)}\n`);
}
