import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import * as sources from '../../src/index.js';

/** The build, which is what other packages of the workspace import: a second copy of every module of this one. */
const build = (await import(new URL('../../dist/index.js', import.meta.url).href)) as typeof sources;
const backend = sources.currentTensorFlow().backend;

afterEach(() => sources.loadTensorFlow({ backend }));

describe('two copies of this package in one process', () => {
  it('are two', () => {
    expect(build.loadTensorFlow).not.toBe(sources.loadTensorFlow);
  });

  it('know of one loaded TensorFlow', async () => {
    expect(build.currentTensorFlow()).toBe(sources.currentTensorFlow());
    expect(await build.loadTensorFlow({ backend })).toBe(sources.currentTensorFlow());
    expect(build.hasNativeOps()).toBe(sources.hasNativeOps());
    await build.loadTensorFlow({ backend: 'cpu' });
    expect(sources.currentTensorFlow().backend).toBe('cpu');
  });

  it('share one dispatch chain and one count of handles', () => {
    const seen: string[] = [];
    const installation = build.installInterceptor('from the build', (call, next) => {
      seen.push(call.op);
      return next(call);
    });
    expect(sources.installedInterceptors()).toEqual(['from the build']);
    tf.dispose(tf.neg(tf.tensor1d([1])));
    installation.remove();
    expect(seen).toEqual(sources.hasNativeOps() ? ['Neg'] : []);
    expect(build.memory()).toEqual(sources.memory());
  });

  it('draw the same random numbers', () => {
    expect(build.randomStreams(1).stream('a').floats(5)).toEqual(
      sources.randomStreams(1).stream('a').floats(5),
    );
  });
});
