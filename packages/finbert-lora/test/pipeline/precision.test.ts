import type { LowDType } from '@fin/amp';
import { autocast, Policy, resetWideningReport, toLowPrecision, wideningReport } from '@fin/amp';
import { countTensors, hasNativeOps, NO_GROWTH, nativeDType, randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BertForSequenceClassification } from '../../src/index.js';
import { crossEntropy } from '../../src/index.js';
import type { PeftModel } from '../../src/lora/index.js';
import { getPeftModel } from '../../src/lora/index.js';
import { implementations, use } from '../support/implementations.js';
import { tinyBatch, tinyModel } from '../support/tiny-model.js';

/** Relative to the largest element, after three layers of roundings to 8 and to 11 bits. */
const TOLERANCES = { bfloat16: 4e-2, float16: 1e-2 };

/** Large enough for activations to be worth holding low. */
const lengths = Array.from({ length: 40 }, (_, i) => 3 + (i % 9));
const labels = lengths.map((_, i) => i % 3);

const modes = hasNativeOps() ? (['wide', 'low'] as const) : (['auto'] as const);
const variants = implementations.flatMap((implementation) =>
  modes.flatMap((mode) =>
    (['bfloat16', 'float16'] as const).map((dtype) => ({ implementation, mode, dtype })),
  ),
);

let model: PeftModel<BertForSequenceClassification>;
beforeEach(() => {
  const bert = tinyModel({ initializerRange: 0.1, hiddenSize: 32, intermediateSize: 64 });
  model = getPeftModel(
    bert,
    { r: 4, initLoraWeights: false, targetModules: ['query', 'value', 'output.dense'] },
    { init: randomStreams(4).stream('adapter') },
  );
});
afterEach(() => {
  model.dispose();
  use('fused');
});

/** @param scale of the loss: float16 gradients vanish without one */
function step(policy: Policy | null, scale = 1) {
  const dropout = randomStreams(2).stream('dropout');
  const forward = () => crossEntropy(model.forward(tinyBatch(lengths), { training: true, dropout }), labels);
  return tf.variableGrads(() => tf.mul(policy ? autocast(policy, forward) : forward(), scale) as tf.Scalar);
}

/** Values by variable, and the loss. */
function read({ value, grads }: ReturnType<typeof step>, scale = 1): Map<string, number[]> {
  const values = [['loss', value] as const, ...Object.entries(grads)].map(
    ([name, tensor]) => [name, Array.from(tensor.dataSync(), (element) => element / scale)] as const,
  );
  tf.dispose([value, grads]);
  return new Map(values);
}

function largestError(actual: readonly number[], expected: readonly number[]): number {
  const size = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(value - actual[i]))) / size;
}

const policyOf = (dtype: LowDType, mode: 'auto' | 'wide' | 'low') => new Policy({ dtype, mode });

describe.each(variants)('an encoder with adapters, $implementation, $mode, $dtype', (variant) => {
  const { implementation, mode, dtype } = variant;

  it('gives the loss and the gradients of float32 but for rounding, frozen weights stored low', () => {
    use(implementation);
    const expected = read(step(null));
    const { names } = toLowPrecision(model, { dtype });
    expect(names.length).toBeGreaterThan(20);
    const actual = read(step(policyOf(dtype, mode), 1024), 1024);
    expect([...actual.keys()]).toEqual([...expected.keys()]);
    for (const [name, values] of expected)
      expect([name, largestError(actual.get(name)!, values) < TOLERANCES[dtype]]).toEqual([name, true]);
  });

  it('gives logits that read as numbers outside', async () => {
    use(implementation);
    const batch = tinyBatch(lengths);
    const wide = tf.tidy(() => model.forward(batch).dataSync());
    const logits = autocast(policyOf(dtype, mode), () => model.forward(batch));
    expect(nativeDType(logits)).toBe(mode === 'low' ? dtype : 'float32');
    const values = (await logits.data()) as Float32Array;
    expect(largestError([...values], [...wide])).toBeLessThan(TOLERANCES[dtype]);
    const copy = tf.softmax(logits); // goes on in float32
    expect(nativeDType(copy)).toBe('float32');
    tf.dispose([logits, copy]);
  });

  it('holds nothing behind a step', async () => {
    use(implementation);
    toLowPrecision(model, { dtype });
    read(step(policyOf(dtype, mode)));
    const steps = () => {
      for (let i = 0; i < 5; i++) read(step(policyOf(dtype, mode)));
    };
    expect(await countTensors(steps)).toEqual(NO_GROWTH);
  });

  it.runIf(implementation === 'fused')('says which fused ops were widened', () => {
    use(implementation);
    vi.spyOn(model.model.bert.layers[0], 'fitsEncoderOp').mockReturnValue(false); // it runs op by op
    for (const [path, variable] of model.namedParameters()) {
      if (/layer\.0\.output\.LayerNorm/.test(path)) variable.trainable = true;
    }
    resetWideningReport();
    read(step(policyOf(dtype, mode)));
    const fused = wideningReport().filter(({ op }) => op.startsWith('Fin'));
    const forward = fused.filter(({ op }) => !op.endsWith('Grad'));
    const backward = fused.filter(({ op }) => op.endsWith('Grad'));
    if (mode === 'wide') {
      expect(forward).toEqual([]);
      expect(backward.map(({ op }) => op).sort()).toEqual([
        'FinGeluGrad',
        'FinLayerNormGrad',
        'FinPackedAttentionGrad',
      ]);
      for (const { reason } of backward) expect(reason).toBe('wide mode');
    } else if (dtype === 'bfloat16') {
      // They take it as it is; the norm of a low sublayer and a float32 residual is float32, as in torch.
      expect(fused.map(({ op, reason }) => [op, reason])).toEqual([['FinLayerNormGrad', 'mixed inputs']]);
    } else expect(forward.map(({ op }) => op)).toContain('FinPackedAttention'); // no float16: widened, and counted
  });
});
