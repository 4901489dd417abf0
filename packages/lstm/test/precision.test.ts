import { autocast, Policy, resetWideningReport, wideningReport } from '@fin/amp';
import { countTensors, hasNativeOps, NO_GROWTH, randomStreams } from '@fin/runtime';
import { optionFor } from '@fin/testkit/implementations';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lstm } from '../src/index.js';
import { implementations } from './implementations.js';

/** Relative to the largest element, after ten time steps in two layers. */
const TOLERANCES = { bfloat16: 3e-2, float16: 1e-2 };

/** Large enough for activations to be held low. */
const [BATCH, TIME, INPUT, HIDDEN] = [24, 10, 5, 20];

const modes = hasNativeOps() ? (['wide', 'low'] as const) : (['auto'] as const);
const variants = implementations.flatMap((implementation) =>
  modes.flatMap((mode) =>
    (['bfloat16', 'float16'] as const).map((dtype) => ({ implementation, mode, dtype })),
  ),
);

let x: tf.Tensor3D;
beforeAll(() => {
  x = randomStreams(3).stream('data').normal([BATCH, TIME, INPUT]);
});
afterAll(() => x.dispose());

describe.each(variants)(
  'under autocast, $implementation, $mode, $dtype',
  ({ implementation: name, mode, dtype }) => {
    const implementation = optionFor(name);
    const policy = new Policy({ dtype, mode });
    const make = () =>
      new Lstm({
        inputSize: INPUT,
        hiddenSize: HIDDEN,
        numLayers: 2,
        init: randomStreams(1).stream('init'),
        implementation,
      });
    const loss = (lstm: Lstm) =>
      tf.tidy(() => {
        const { output, cell } = lstm.forward(x);
        return tf.add(tf.mean(tf.square(output)), tf.mean(cell[0])) as tf.Scalar;
      });
    /** Loss and gradients by name. */
    const step = (lstm: Lstm, how: Policy | null) => {
      const scale = 1024; // float16 gradients vanish without
      const { value, grads } = tf.variableGrads(() =>
        tf.mul(how ? autocast(how, () => loss(lstm)) : loss(lstm), scale),
      );
      const named = [['loss', value] as const, ...Object.entries(grads)];
      const values = named.map(
        ([name, tensor]) => [name, Array.from(tensor.dataSync(), (v) => v / scale)] as const,
      );
      tf.dispose([value, grads]);
      return values;
    };

    it('gives the loss and the gradients of float32 but for rounding', () => {
      const lstm = make();
      const actual = new Map(step(lstm, policy));
      for (const [name, expected] of step(lstm, null)) {
        const size = Math.max(...expected.map(Math.abs));
        const error = Math.max(...expected.map((value, i) => Math.abs(value - actual.get(name)![i]))) / size;
        expect([name, error < TOLERANCES[dtype]]).toEqual([name, true]);
      }
      lstm.dispose();
    });

    it('holds nothing behind a step', async () => {
      const lstm = make();
      step(lstm, policy);
      const steps = () => {
        for (let i = 0; i < 5; i++) step(lstm, policy);
      };
      expect(await countTensors(steps)).toEqual(NO_GROWTH);
      lstm.dispose();
    });

    it.runIf(name === 'tensorflow')('says where the block ops were widened', () => {
      const lstm = make();
      resetWideningReport();
      step(lstm, policy);
      const block = wideningReport().filter(({ op }) => op.startsWith('BlockLSTM'));
      const reasons = Object.fromEntries(block.map(({ op, reason }) => [op, reason]));
      if (mode === 'wide') expect(reasons).toEqual({ BlockLSTMGradV2: 'wide mode' });
      else if (dtype === 'bfloat16') {
        const none = 'no low kernel'; // TensorFlow has these ops in float16 and float32 only
        expect(reasons).toEqual({ BlockLSTMV2: none, BlockLSTMGradV2: none });
      } else expect(reasons).toEqual({});
      lstm.dispose();
    });
  },
);
