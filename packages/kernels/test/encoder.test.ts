import { castNative, countTensors, installInterceptor, NO_GROWTH, nativeDType } from '@fin/runtime';
import { allClose } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import type { EncoderLayer } from '../src/index.js';
import { composed, encoder, KernelInputError, planPaddedAttention } from '../src/index.js';
import type { Case } from './support/encoder.js';
import {
  cases,
  chooseUnit,
  comparedCases,
  disposeLayers,
  encoderLayers,
  encoderUnits,
  inBfloat16,
  inputOf,
  largest,
  offsetsOf,
  tokensOf,
} from './support/encoder.js';
import { fused } from './support/implementations.js';
import { chooseInstructions, instructionSets } from './support/instructions.js';
import { normal, read } from './support/tensors.js';

/** The values of an encoder, with everything else disposed. */
function values(
  one: Case,
  layers: readonly EncoderLayer[],
  run: typeof encoder,
  x = inputOf(one),
): Float32Array {
  const [y] = read(tf.tidy(() => run(x, offsetsOf(one.lengths), layers, { heads: one.heads })));
  x.dispose();
  return y;
}

afterEach(() => {
  chooseInstructions('', 0);
  chooseUnit('');
});

describe.each(comparedCases)('an encoder of %s', (_, one) => {
  const withLayers = (run: (layers: EncoderLayer[]) => void) => {
    const layers = encoderLayers(one.count, one.hidden, one.intermediate);
    run(layers);
    disposeLayers(layers);
  };

  it('gives what its composed twin gives', () => {
    withLayers((layers) => {
      const expected = values(one, layers, composed.encoder);
      allClose(values(one, layers, encoder), expected, { rtol: 1e-5, atol: 1e-5 });
      for (const name of instructionSets) {
        chooseInstructions(name, 0);
        allClose(values(one, layers, encoder), expected, { rtol: 1e-5, atol: 1e-5 });
      }
    });
  });

  it.runIf(fused)('gives the same but for rounding in bfloat16, by every unit', () => {
    withLayers((layers) => {
      const expected = values(one, layers, composed.encoder);
      const atol = 2e-2 * largest(expected);
      for (const unit of encoderUnits) {
        chooseUnit(unit);
        allClose(
          inBfloat16(() => values(one, layers, encoder)),
          expected,
          { rtol: 0, atol },
        );
      }
      chooseUnit('vectors');
      for (const name of instructionSets) {
        chooseInstructions(name, 0);
        allClose(
          inBfloat16(() => values(one, layers, encoder)),
          expected,
          { rtol: 0, atol },
        );
      }
    });
  });

  it.runIf(fused)('gives the same bits on any number of threads', () => {
    withLayers((layers) => {
      for (const low of [false, true]) {
        const run = () =>
          low ? inBfloat16(() => values(one, layers, encoder)) : values(one, layers, encoder);
        const usual = run();
        for (const threads of [1, 3, 8]) {
          chooseInstructions('', threads);
          expect(run()).toEqual(usual);
        }
        chooseInstructions('', 0);
      }
    });
  });
});

describe.runIf(fused)('the encoder op', () => {
  const one = cases['sequences around a tile'];
  const offsets = offsetsOf(one.lengths);
  const options = { heads: one.heads };
  let layers: EncoderLayer[];
  const make = () => {
    layers = encoderLayers(one.count, one.hidden, one.intermediate);
  };
  const opsOf = (run: () => tf.Tensor): string[] => {
    const ops: string[] = [];
    const installed = installInterceptor('ops', (call, next) => {
      ops.push(call.op);
      return next(call);
    });
    run().dispose();
    installed.remove();
    return ops;
  };

  it('is one op, and packs a weight once for each version of it', async () => {
    make();
    const x = inputOf(one);
    const run = () => encoder(x, offsets, layers, options);
    expect(opsOf(run)).toEqual(['FinEncoder']);
    const again = await countTensors(() => run().dispose());
    expect(again).toEqual(NO_GROWTH);
    const changed = await countTensors(() => {
      const { weight } = layers[1].output;
      tf.tidy(() => weight.assign(tf.mul(weight, 2)));
      const [own, expected] = [run(), composed.encoder(x, offsets, layers, options)];
      allClose(own.dataSync(), expected.dataSync(), { rtol: 1e-5, atol: 1e-5 });
      tf.dispose([own, expected]);
    });
    expect(changed).toEqual(NO_GROWTH);
    disposeLayers(layers);
    x.dispose();
  });

  it('frees the packed weights with the weights', async () => {
    const growth = await countTensors(() => {
      make();
      values(one, layers, encoder);
      inBfloat16(() => values(one, layers, encoder));
      disposeLayers(layers);
    });
    expect(growth).toEqual(NO_GROWTH);
  });

  it.each(['float32', 'bfloat16'])('gives a sequence the same bits in any company, %s', (dtype) => {
    make();
    const run = (x: tf.Tensor2D, of: Int32Array) => {
      const compute = () => tf.tidy(() => encoder(x, of, layers, options).dataSync());
      return dtype === 'bfloat16' ? inBfloat16(compute) : compute();
    };
    const x = inputOf(one);
    const together = run(x, offsets);
    for (let i = 0; i + 1 < offsets.length; i++) {
      const [begin, end] = [offsets[i], offsets[i + 1]];
      const alone = tf.slice2d(x, [begin, 0], [end - begin, one.hidden]);
      const own = run(alone, Int32Array.of(0, end - begin));
      expect(own).toEqual(together.slice(begin * one.hidden, end * one.hidden));
      alone.dispose();
    }
    x.dispose();
    disposeLayers(layers);
  });

  it.each(encoderUnits)('keeps a NaN in its sequence, by %s', (unit) => {
    make();
    chooseUnit(unit);
    const numbers = inputOf(one).dataSync();
    const [begin, end] = [offsets[3] * one.hidden, offsets[4] * one.hidden];
    numbers[begin + 5] = Number.NaN;
    for (const low of [false, true]) {
      const x = tf.tensor2d(numbers, [tokensOf(one), one.hidden]);
      const y = low ? inBfloat16(() => values(one, layers, encoder, x)) : values(one, layers, encoder, x);
      expect(y.every((value, i) => Number.isNaN(value) === (i >= begin && i < end))).toBe(true);
    }
    disposeLayers(layers);
  });

  it('takes x and weights of any float dtype', () => {
    make();
    const expected = values(one, layers, composed.encoder);
    for (const dtype of ['bfloat16', 'float16'] as const) {
      tf.tidy(() => {
        for (const layer of layers) {
          const { weight } = layer.intermediate;
          weight.assign(castNative(weight, dtype));
        }
        const y = encoder(castNative(inputOf(one), dtype), offsets, layers, options);
        expect(nativeDType(y)).toBe('float32');
        allClose(y.dataSync(), expected, { rtol: 0, atol: 2e-2 * largest(expected) });
      });
    }
    disposeLayers(layers);
  });

  it('has the storage dtype of its products', () => {
    make();
    tf.tidy(() => {
      const y = inBfloat16(() => encoder(inputOf(one), offsets, layers, options));
      expect(nativeDType(y)).toBe('bfloat16');
    });
    disposeLayers(layers);
  });

  it('leaves padded batches to the ops of the layers', () => {
    make();
    tf.tidy(() => {
      const x = normal<tf.Tensor2D>('x', [8, one.hidden]);
      const plan = planPaddedAttention([1, 1, 1, 0, 1, 1, 0, 0], 2);
      expect(opsOf(() => tf.tidy(() => encoder(x, plan, layers, options)))).not.toContain('FinEncoder');
    });
    disposeLayers(layers);
  });
});

describe.each([
  ['encoder', encoder],
  ['its composed twin', composed.encoder],
] as const)('%s', (_, run) => {
  it('refuses shapes that do not match', () => {
    const layers = encoderLayers(1, 8, 16);
    const [other] = encoderLayers(1, 6, 16);
    const x = tf.zeros<tf.Rank.R2>([5, 8]);
    const call = (heads: number, offsets: number[], of = layers) =>
      tf.tidy(() => run(x, Int32Array.from(offsets), of, { heads }));
    expect(() => call(3, [0, 5])).toThrow(/8 columns cannot be divided among 3 heads/);
    expect(() => call(2, [0, 4])).toThrow(KernelInputError);
    expect(() => call(2, [0, 4, 3, 5])).toThrow(/must not decrease/);
    expect(() => call(2, [0, 5], [other])).toThrow(/query of layer 0 has the shapes \[6,6\] and \[6\]/);
    x.dispose();
    disposeLayers([...layers, other]);
  });
});
