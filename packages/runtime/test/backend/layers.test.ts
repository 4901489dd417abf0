import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { countTensors, hasNativeOps, installInterceptor, NO_GROWTH, randomStreams } from '../../src/index.js';

/** A student's own model, written with tf.layers and knowing nothing of this package. */
function regression(): layers.Sequential {
  const model = layers.sequential();
  const seed = 1;
  const kernelInitializer = layers.initializers.glorotUniform({ seed });
  model.add(layers.layers.dense({ units: 8, inputShape: [4], activation: 'tanh', kernelInitializer }));
  model.add(layers.layers.prelu({ alphaInitializer: 'zeros' }));
  model.add(layers.layers.dense({ units: 1, kernelInitializer }));
  model.compile({ optimizer: tf.train.adam(0.05), loss: 'meanSquaredError', metrics: ['mae'] });
  return model;
}

describe('tf.layers in the same process', () => {
  it('trains on the backend that is loaded, and leaves nothing behind', async () => {
    let calls = 0;
    const counter = installInterceptor('count', (call, next) => {
      calls++;
      return next(call);
    });
    const growth = await countTensors(async () => {
      const random = randomStreams(3).stream('data');
      const [x, w] = [random.uniform([64, 4], -1, 1), random.uniform([4, 1], -1, 1)];
      const y = tf.tidy(() => tf.matMul(x, w));
      const model = regression();
      const history = await model.fit(x, y, { epochs: 15, batchSize: 32, shuffle: false, verbose: 0 });
      const losses = history.history.loss as number[];
      expect(losses.at(-1)!).toBeLessThan(losses[0]! / 5);
      const prediction = model.predict(x) as tf.Tensor;
      expect(prediction.shape).toEqual([64, 1]);
      model.optimizer.dispose();
      model.dispose();
      tf.dispose([x, w, y, prediction]);
    });
    counter.remove();
    expect(growth).toEqual(NO_GROWTH);
    expect(calls > 100).toBe(hasNativeOps());
  });
});
