import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { NativeDType } from '@fin/runtime';
import { attr, cacheRoot, castAttrs, isMissingKernelError, nativeDType, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { LowDType } from '../core/low-dtype.js';
import type { MachineFacts } from './machine-facts.js';

/** Times of one matrix product in float32 and in a low dtype. */
export interface Measurement {
  /** Best time in float32; null if TensorFlow cannot cast to the low dtype. */
  readonly wideMs: number | null;
  /** Best time in the low dtype; null if TensorFlow has no kernel for it. */
  readonly lowMs: number | null;
  /** wideMs / lowMs; 0 if there is no low kernel. */
  readonly speedup: number;
}

/**
 * Sizes of the timed product. On a CPU it is a BERT-base projection of a batch of headlines. On a GPU it is larger, so that the
 * product takes longer than its launch and the read.
 */
const SIZES = {
  cpu: { rows: 768, inner: 768, columns: 768 },
  gpu: { rows: 4096, inner: 4096, columns: 4096 },
};

/** Timed runs per dtype. The dtypes alternate, so that noise affects both equally; the best time counts. */
const TURNS = 5;

/** Times a matrix product in float32 and in a low dtype. */
export function measureProducts(dtype: LowDType, gpu: boolean): Measurement {
  const { rows, inner, columns } = SIZES[gpu ? 'gpu' : 'cpu'];
  const wide = [tf.fill([rows, inner], 0.5), tf.fill([inner, columns], 0.25)];
  const low: tf.Tensor[] = [];
  const times: { wide: number[]; low: number[] } = { wide: [], low: [] };
  try {
    for (const factor of wide) low.push(rawOp('Cast', [factor], castAttrs(nativeDType(factor), dtype))[0]);
    for (let turn = 0; turn <= TURNS; turn++) {
      times.wide.push(timeProduct(wide, 'float32'));
      times.low.push(timeProduct(low, dtype));
    }
  } catch (error) {
    if (!isMissingKernelError(error)) throw error;
    return { wideMs: times.wide[0] ?? null, lowMs: null, speedup: 0 };
  } finally {
    tf.dispose([wide, low]);
  }
  const [wideMs, lowMs] = [times.wide, times.low].map((all) => Math.min(...all.slice(1))); // the first warms up
  return { wideMs, lowMs, speedup: wideMs / lowMs };
}

function timeProduct(factors: tf.Tensor[], dtype: NativeDType): number {
  const start = performance.now();
  const attrs = { T: attr.type(dtype), adj_x: attr.bool(false), adj_y: attr.bool(false) };
  const [product] = rawOp('BatchMatMulV2', factors, attrs);
  let corner: tf.Tensor | null = null;
  try {
    corner = tf.slice(product, [0, 0], [1, 1]);
    corner.dataSync(); // a GPU's ops return before they are done: reading one element waits
    return performance.now() - start;
  } finally {
    product.dispose();
    corner?.dispose();
  }
}

/** Version of the measurement. It is part of the cache file, so results of other versions are not used. */
const VERSION = 2;

/** A file of the cache, `<cache>/amp/<key>.json`. */
interface Entry {
  readonly version: number;
  readonly facts: MachineFacts;
  readonly dtype: LowDType;
  readonly measurement: Measurement;
}

/** An earlier measurement of this machine, or null. A damaged file counts as none. */
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

/** Stores a measurement for the next process. If the cache cannot be written, the next process measures again. */
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
    // The folder is missing or belongs to someone else.
  }
}

function pathOf(facts: MachineFacts, dtype: LowDType): string {
  const key = createHash('sha256')
    .update(JSON.stringify([facts, dtype]))
    .digest('hex')
    .slice(0, 16);
  return join(cacheRoot(), 'amp', `${key}.json`);
}
