import { frame } from './event-record.js';

/** Place of a record in an event file, and the step of its number. */
export interface RecordPlace {
  /** First byte after the record. */
  readonly end: number;
  /** 0 for a record without a step. */
  readonly step: number;
}

const LENGTH_BYTES = 8;
const CHECKSUM_BYTES = 4;

/** Finds the records of an event file. Ends before one that is cut off or damaged, as the last one of a killed process can be. */
export function* eventRecords(file: Buffer): Generator<RecordPlace> {
  for (let start = 0; start + LENGTH_BYTES + CHECKSUM_BYTES <= file.length; ) {
    const length = Number(file.readBigUInt64LE(start));
    const data = start + LENGTH_BYTES + CHECKSUM_BYTES;
    const end = data + length + CHECKSUM_BYTES;
    if (end > file.length) return;
    const content = file.subarray(data, data + length);
    if (!file.subarray(start, end).equals(frame(content))) return;
    yield { end, step: stepOf(content) };
    start = end;
  }
}

/** Field 2 of an `Event` message. The fields before it have a fixed size. */
function stepOf(message: Buffer): number {
  const WALL_TIME = 9;
  const KEY = 0x10;
  if (message[WALL_TIME] !== KEY) return 0;
  let step = 0;
  for (let i = WALL_TIME + 1, factor = 1; i < message.length; i++, factor *= 128) {
    step += (message[i] % 128) * factor;
    if (message[i] < 128) break;
  }
  return step;
}
