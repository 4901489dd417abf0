import * as tf from '@tensorflow/tfjs-core';
import { bench, describe } from 'vitest';
import type { NativeBinding } from '../src/index.js';
import { attr, castNative, currentTensorFlow, hasNativeOps, installInterceptor } from '../src/index.js';

/** Long enough for a few thousand calls each way, since what is looked for is less than a microsecond. */
const OPTIONS = { time: 2000, warmupTime: 500 };
const T = { name: 'T', ...attr.type('float32') };

/** The smallest op there is, so that the cost of a call is nearly all there is to see. */
function call(binding: NativeBinding, id: number): void {
  binding.deleteTensor(binding.executeOp('AddV2', [T], [id, id], 1)[0]!.id);
}

describe.skipIf(!hasNativeOps())('one call of an op on 4 elements', () => {
  const chain = currentTensorFlow().native!;
  const addon = Object.getPrototypeOf(chain) as NativeBinding;
  const id = chain.createTensor([4], 1, Float32Array.of(1, 2, 3, 4));
  const behind = (interceptors: number) => {
    let installed: { remove(): void }[] = [];
    return {
      ...OPTIONS,
      setup: () => {
        installed = Array.from({ length: interceptors }, (_, i) =>
          installInterceptor(`${i}`, (op, next) => next(op)),
        );
      },
      teardown: () => {
        for (const installation of installed) installation.remove();
      },
    };
  };
  let low: tf.Tensor | undefined;
  const withLow = {
    ...OPTIONS,
    setup: () => {
      low = castNative(tf.ones([2]), 'bfloat16');
    },
    teardown: () => low?.dispose(),
  };

  bench('the addon itself', () => call(addon, id), OPTIONS);
  bench('through the chain, nothing installed', () => call(chain, id), OPTIONS);
  bench('through one interceptor', () => call(chain, id), behind(1));
  bench('through four interceptors', () => call(chain, id), behind(4));
  bench('while a bfloat16 tensor is alive', () => call(chain, id), withLow);
});

describe('one tf.add of 4 elements', () => {
  const x = tf.ones([4]);
  bench('tf.add', () => tf.add(x, x).dispose(), OPTIONS);
});
