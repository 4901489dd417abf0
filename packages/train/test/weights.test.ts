import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSafetensors, SafetensorsError, writeSafetensors } from '@fin/files/safetensors';
import type { Module } from '@fin/runtime';
import { parameter } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadWeights, saveWeights, WeightsMismatchError } from '../src/index.js';

let home: string;
let file: string;
let before: number;
const made: tf.Variable[] = [];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'fin-weights-'));
  file = join(home, 'deep', 'model.safetensors');
  before = tf.memory().numTensors;
});

afterEach(async () => {
  tf.dispose(made.splice(0));
  expect(tf.memory().numTensors).toBe(before);
  await rm(home, { recursive: true, force: true });
});

/** @param fill value of every element, the parameter's index added */
function makeModule(shapes: Record<string, number[]>, fill: number, frozen: string[] = []): Module {
  const parameters = new Map(
    Object.entries(shapes).map(([name, shape], i) => [
      name,
      parameter(name, tf.fill(shape, fill + i), !frozen.includes(name)),
    ]),
  );
  made.push(...parameters.values());
  return { namedParameters: () => parameters };
}

const valuesOf = (module: Module) =>
  Object.fromEntries(
    [...module.namedParameters()].map(([name, variable]) => [name, [...variable.dataSync()]]),
  );

const shapes = { 'dense.weight': [2, 3], 'dense.bias': [3], scale: [] };

describe('weights in a safetensors file', () => {
  it('are the same after saving and loading', async () => {
    const saved = makeModule(shapes, 0.1);
    await saveWeights(saved, file);
    const loaded = makeModule(shapes, 5);
    expect(await loadWeights(loaded, file)).toEqual({ missing: [], unexpected: [] });
    expect(valuesOf(loaded)).toEqual(valuesOf(saved));
    expect(await readdir(join(home, 'deep'))).toEqual(['model.safetensors']);
  });

  it('can be limited to trainable ones', async () => {
    await saveWeights(makeModule(shapes, 0.5, ['dense.weight']), file, { trainableOnly: true });
    const source = await openSafetensors(file);
    expect([...source.names()].sort()).toEqual(['dense.bias', 'scale']);
    expect(source.metadata.get('format')).toBe('pt');
    await source.close();
    const loaded = makeModule(shapes, 7);
    expect(await loadWeights(loaded, file, { allowMissing: true })).toMatchObject({
      missing: ['dense.weight'],
    });
    expect(valuesOf(loaded)['dense.weight']).toEqual([7, 7, 7, 7, 7, 7]);
    expect(valuesOf(loaded).scale).toEqual([2.5]);
  });

  it('are widened from bfloat16', async () => {
    const data = Uint16Array.of(0x3fc0); // 1.5
    await saveWeights(makeModule({}, 0), file); // makes the folder
    await writeSafetensors(file, { scale: { dtype: 'BF16', shape: [], data } });
    const loaded = makeModule({ scale: [] }, 0);
    await loadWeights(loaded, file);
    expect(valuesOf(loaded)).toEqual({ scale: [1.5] });
  });

  it('of another model are refused, naming every difference, and nothing is loaded', async () => {
    await saveWeights(makeModule({ 'dense.weight': [3, 2], 'dense.bias': [3], other: [1] }, 0.5), file);
    const module = makeModule(shapes, 7);
    const error = await loadWeights(module, file, {}).then(null, (thrown: unknown) => thrown as Error);
    expect(error).toBeInstanceOf(WeightsMismatchError);
    expect(error).toMatchObject({ kind: 'input', missing: ['scale'], unexpected: ['other'] });
    expect((error as Error).message).toContain('dense.weight is [3,2], not [2,3]');
    await expect(loadWeights(module, file, { allowMissing: true, allowUnexpected: true })).rejects.toThrow(
      'another shape',
    );
    expect(valuesOf(module)['dense.bias']).toEqual([8, 8, 8]);
  });

  it('are refused when the file is cut off', async () => {
    await saveWeights(makeModule(shapes, 1), file);
    await truncate(file, 100);
    await expect(loadWeights(makeModule(shapes, 1), file)).rejects.toThrow(SafetensorsError);
  });
});
