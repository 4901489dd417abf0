import { attr, installInterceptor } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { EncoderLayer } from '../../src/index.js';
import { kernelsState } from '../../src/state.js';
import './implementations.js';
import { normal } from './tensors.js';

const { addon } = kernelsState();

/** The units by which the encoder op can multiply in bfloat16 here, best first; empty where nothing is fused. */
export const encoderUnits: readonly string[] = addon?.encoderUnits() ?? [];

/** Computes encoders in bfloat16 by another unit from now on; '' for the best. */
export function chooseUnit(name: string): void {
  if (addon && !addon.chooseEncoder(name)) throw new Error(`there is no unit ${name}`);
}

/** Layers with parameters that differ from each other; the caller disposes them with `disposeLayers`. */
export function encoderLayers(count: number, hidden: number, intermediate: number): EncoderLayer[] {
  return tf.tidy(() =>
    Array.from({ length: count }, (_, i) => {
      const vector = (name: string, size: number, mean = 0) =>
        tf.variable(tf.add(tf.mul(normal(`${i} ${name}`, [size]), 0.2), mean)) as tf.Variable<tf.Rank.R1>;
      const linear = (name: string, out: number, features: number) => ({
        weight: tf.variable(
          normal(`${i} ${name}`, [out, features], 1 / Math.sqrt(features)),
        ) as tf.Variable<tf.Rank.R2>,
        bias: vector(`${name} bias`, out),
      });
      const norm = (name: string) => ({
        weight: vector(`${name} gamma`, hidden, 1),
        bias: vector(`${name} beta`, hidden),
      });
      return {
        query: linear('query', hidden, hidden),
        key: linear('key', hidden, hidden),
        value: linear('value', hidden, hidden),
        attentionOutput: linear('attention output', hidden, hidden),
        attentionNorm: norm('attention'),
        intermediate: linear('intermediate', intermediate, hidden),
        output: linear('output', hidden, intermediate),
        outputNorm: norm('output'),
      };
    }),
  );
}

export function disposeLayers(layers: readonly EncoderLayer[]): void {
  tf.dispose(layers.flatMap((layer) => Object.values(layer).flatMap(({ weight, bias }) => [weight, bias])));
}

/** Runs a function with encoder ops in bfloat16, as autocast does it. */
export function inBfloat16<T>(run: () => T): T {
  const { value } = attr.type('bfloat16');
  const installed = installInterceptor('bfloat16', (call, next) =>
    call.op === 'FinEncoder'
      ? next({ ...call, attrs: call.attrs.map((one) => (one.name === 'T' ? { ...one, value } : one)) })
      : next(call),
  );
  try {
    return run();
  } finally {
    installed.remove();
  }
}
