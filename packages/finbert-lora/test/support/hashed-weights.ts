import type { Module } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';

/** `count` float32 values in [-0.5, 0.5) from a name: the formula of tooling/oracle/finbert-encoder.py. */
export function hashed(name: string, count: number): Float32Array {
  const start = crc32(name);
  return Float32Array.from({ length: count }, (_, i) => {
    let x = (start + i) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d) >>> 0;
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b) >>> 0;
    x = (x ^ (x >>> 16)) >>> 0;
    return (x >>> 8) / 2 ** 24 - 0.5;
  });
}

/** Gives every parameter the values the oracle gave it. */
export function assignHashedWeights(model: Module): void {
  for (const [name, variable] of model.namedParameters()) {
    const values = hashed(name, variable.size);
    const isNorm = name.endsWith('LayerNorm.weight');
    const tensor = tf.tensor(isNorm ? values.map((value) => 1 + 0.5 * value) : values, variable.shape);
    variable.assign(tensor);
    tensor.dispose();
  }
}

function crc32(text: string): number {
  let crc = 0xffffffff;
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
