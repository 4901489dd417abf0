import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheRoot } from '@fin/runtime';
import type { LowDType } from '../policy/low-dtype.js';
import type { MachineFacts } from './machine-facts.js';
import type { Measurement } from './measure-products.js';

/** Changes when what is measured does. */
const VERSION = 2;

/** One file of the cache, `<cache>/amp/<key>.json`. */
interface Entry {
  readonly version: number;
  readonly facts: MachineFacts;
  readonly dtype: LowDType;
  readonly measurement: Measurement;
}

/** What was measured on this machine before, or null. A file that is damaged counts as none. */
export function readMeasurement(facts: MachineFacts, dtype: LowDType): Measurement | null {
  try {
    const entry = JSON.parse(readFileSync(pathOf(facts, dtype), 'utf8')) as Partial<Entry>;
    const { measurement } = entry;
    const whole = entry.version === VERSION && Number.isFinite(measurement?.speedup);
    return whole ? (measurement as Measurement) : null;
  } catch {
    return null;
  }
}

/** Writes it for the next process; where the cache cannot be written, the next process measures again. */
export function writeMeasurement(facts: MachineFacts, dtype: LowDType, measurement: Measurement): void {
  const path = pathOf(facts, dtype);
  const temporary = `${path}.${process.pid}.tmp`;
  const entry: Entry = { version: VERSION, facts, dtype, measurement };
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(temporary, `${JSON.stringify(entry, null, 2)}\n`);
    renameSync(temporary, path);
  } catch {
    remove(temporary);
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // There is no such folder, or it is not ours.
  }
}

function pathOf(facts: MachineFacts, dtype: LowDType): string {
  const key = createHash('sha256')
    .update(JSON.stringify([facts, dtype]))
    .digest('hex')
    .slice(0, 16);
  return join(cacheRoot(), 'amp', `${key}.json`);
}
