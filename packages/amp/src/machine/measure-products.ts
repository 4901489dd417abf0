import type { NativeDType } from '@fin/runtime';
import { attr, nativeDType, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { LowDType } from '../policy/low-dtype.js';

/** What the probe found. */
export interface Measurement {
  /** Best time of a float32 product; null where TensorFlow cannot even make the low factors. */
  readonly wideMs: number | null;
  /** Best time of a low one; null where TensorFlow has no kernel for it. */
  readonly lowMs: number | null;
  /** wideMs / lowMs, 0 where there is no such product. */
  readonly speedup: number;
}

/** On a CPU that of a BERT-base projection of a batch of headlines; large enough on a GPU for the product to outweigh its launch and the read. */
const SIZES = {
  cpu: { rows: 768, inner: 768, columns: 768 },
  gpu: { rows: 4096, inner: 4096, columns: 4096 },
};

/** Turns for each dtype, one after the other so that both meet the same noise; the best counts. */
const TURNS = 5;

/** Times a matrix product in float32 and in a low dtype. */
export function measureProducts(dtype: LowDType, gpu: boolean): Measurement {
  const { rows, inner, columns } = SIZES[gpu ? 'gpu' : 'cpu'];
  const wide = [tf.fill([rows, inner], 0.5), tf.fill([inner, columns], 0.25)];
  const low: tf.Tensor[] = [];
  const times: { wide: number[]; low: number[] } = { wide: [], low: [] };
  try {
    for (const factor of wide) low.push(cast(factor, dtype));
    for (let turn = 0; turn <= TURNS; turn++) {
      times.wide.push(timeProduct(wide, 'float32'));
      times.low.push(timeProduct(low, dtype));
    }
  } catch {
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
  // Ops of a GPU return before they are done; reading one element waits.
  const corner = tf.slice(product, [0, 0], [1, 1]);
  corner.dataSync();
  const elapsed = performance.now() - start;
  tf.dispose([product, corner]);
  return elapsed;
}

function cast(x: tf.Tensor, dtype: LowDType): tf.Tensor {
  const attrs = { SrcT: attr.type(nativeDType(x)), DstT: attr.type(dtype), Truncate: attr.bool(false) };
  return rawOp('Cast', [x], attrs)[0];
}
