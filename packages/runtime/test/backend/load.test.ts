import { env } from 'node:process';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import type { BackendName } from '../../src/index.js';
import {
  BackendUnavailableError,
  currentTensorFlow,
  findBackends,
  hasNativeOps,
  loadTensorFlow,
  randomStreams,
} from '../../src/index.js';

const backend = env.FIN_BACKEND as BackendName;
afterEach(() => loadTensorFlow({ backend }));

describe('loadTensorFlow', () => {
  it('has loaded what was asked for', () => {
    const loaded = currentTensorFlow();
    expect(loaded.backend).toBe(backend);
    expect(loaded.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(loaded.native !== null).toBe(backend === 'tensorflow');
    expect(hasNativeOps()).toBe(backend === 'tensorflow');
    expect(tf.getBackend()).toBe(backend);
  });

  it('returns the same again, and stays with what is loaded when nothing is asked for', async () => {
    const loaded = currentTensorFlow();
    expect(await loadTensorFlow({ backend })).toBe(loaded);
    await loadTensorFlow({ backend: 'cpu' });
    expect((await loadTensorFlow()).backend).toBe('cpu');
  });

  it('switches, and takes tensors along', async () => {
    const x = tf.tensor1d([1, 2, 3]);
    await loadTensorFlow({ backend: 'cpu' });
    expect(tf.getBackend()).toBe('cpu');
    expect(hasNativeOps()).toBe(false);
    const doubled = tf.tidy(() => tf.mul(x, 2));
    await loadTensorFlow({ backend });
    const tripled = tf.tidy(() => tf.add(doubled, x));
    expect([...tripled.dataSync()]).toEqual([3, 6, 9]);
    tf.dispose([x, doubled, tripled]);
  });

  it('takes itself back from a program that set another backend', async () => {
    await import('@tensorflow/tfjs-backend-cpu');
    await tf.setBackend('cpu');
    await loadTensorFlow({ backend });
    expect(tf.getBackend()).toBe(backend);
  });

  it('loads one at a time', async () => {
    const loads = await Promise.all(
      (['cpu', backend, 'cpu', backend] as const).map((name) => loadTensorFlow({ backend: name })),
    );
    expect(loads.map((loaded) => loaded.backend)).toEqual(['cpu', backend, 'cpu', backend]);
    expect(tf.getBackend()).toBe(backend);
  });

  it('refuses a name it does not know and goes on', async () => {
    const load = loadTensorFlow({ backend: 'webgl' as BackendName });
    await expect(load).rejects.toThrow(BackendUnavailableError);
    await expect(load).rejects.toThrow('there are tensorflow, wasm, cpu');
    expect((await loadTensorFlow()).backend).toBe(backend);
  });

  it('has one set of random numbers, whatever the backend', async () => {
    const read = () => {
      const tensor = randomStreams(11).stream('init').uniform([100], -2, 5);
      const values = [...tensor.dataSync()];
      tensor.dispose();
      return values;
    };
    const here = read();
    await loadTensorFlow({ backend: 'cpu' });
    expect(read()).toEqual(here);
  });
});

describe('findBackends', () => {
  it('reports all three, best first, with a reason each', async () => {
    const reports = await findBackends();
    expect(reports.map(({ name }) => name)).toEqual(['tensorflow', 'wasm', 'cpu']);
    for (const { reason } of reports) expect(reason).toMatch(/\w/);
    expect(reports.find(({ name }) => name === backend)?.available).toBe(true);
  });
});
