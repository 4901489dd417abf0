import { setTimeout as sleep } from 'node:timers/promises';
import { countTensors, hasNativeOps, installedInterceptors, NO_GROWTH, nativeDType } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { AmpInputError, autocast, Policy } from '../../src/index.js';

const bf16 = new Policy({ dtype: 'bfloat16', mode: 'low' });
const fp16 = new Policy({ dtype: 'float16', mode: 'low' });
const off = new Policy({ enabled: false });

/** 1 + 2^-9 and 1 + 2^-12: rounded by bfloat16 to 1 both, by float16 only the second. */
const a = tf.tensor2d([[1 + 2 ** -9, 1 + 2 ** -12]]);
const one = tf.tensor2d([
  [1, 0],
  [0, 1],
]);
afterAll(() => tf.dispose([a, one]));

/** In which dtype a product computes here, on any backend: told by how it rounds. */
function precisionHere(): 'bfloat16' | 'float16' | 'float32' {
  const [x, y] = tf.tidy(() => [...tf.matMul(a, one).dataSync()]);
  if (x === 1) return 'bfloat16';
  return y === 1 ? 'float16' : 'float32';
}

afterEach(() => {
  expect(installedInterceptors()).not.toContain('autocast');
  expect(precisionHere()).toBe('float32');
});

describe('a scope', () => {
  it('holds within the function and not after it', () => {
    expect(precisionHere()).toBe('float32');
    expect(autocast(bf16, precisionHere)).toBe('bfloat16');
    expect(autocast({ dtype: 'float16', mode: 'low' }, precisionHere)).toBe('float16');
  });

  it('returns what the function returns', () => {
    const value = { x: 1 };
    expect(autocast(bf16, () => value)).toBe(value);
    expect(autocast(bf16, () => undefined)).toBeUndefined();
    expect(autocast(off, () => null)).toBeNull();
  });

  it('can be switched off', () => {
    expect(autocast({ enabled: false }, precisionHere)).toBe('float32');
    expect(autocast(off, () => autocast(bf16, precisionHere))).toBe('bfloat16');
  });

  it('nests, the innermost policy counting', () => {
    const seen: string[] = [];
    const note = () => seen.push(precisionHere());
    autocast(bf16, () => {
      note();
      autocast(off, () => {
        note();
        autocast(fp16, note);
        note();
      });
      note();
    });
    expect(seen).toEqual(['bfloat16', 'float32', 'float16', 'float32', 'bfloat16']);
  });

  it('ends with a throw, and the error is the one that was thrown', () => {
    const error = new Error('thrown inside');
    expect(() =>
      autocast(bf16, () =>
        autocast(off, () => {
          throw error;
        }),
      ),
    ).toThrow(error);
    const inner = autocast(bf16, () => {
      expect(() =>
        autocast(fp16, () => {
          throw error;
        }),
      ).toThrow(error);
      return precisionHere();
    });
    expect(inner).toBe('bfloat16');
  });

  it.each([{ dtype: 'float64' as never }, { mode: 'fast' as never }, { savedActivations: 'none' as never }])(
    'is refused with %j',
    (options) => {
      expect(() => autocast(options, precisionHere)).toThrow(AmpInputError);
    },
  );

  it('opens and closes as a random tree of scopes says, throws included', () => {
    interface Tree {
      policy: Policy;
      inner: Tree[];
      throws: boolean;
    }
    const policy = fc.constantFrom(bf16, fp16, off);
    const { tree } = fc.letrec<{ tree: Tree; inner: Tree[] }>((tie) => ({
      tree: fc
        .tuple(policy, tie('inner'), fc.boolean())
        .map(([p, inner, throws]) => ({ policy: p, inner, throws })),
      inner: fc.oneof(
        { maxDepth: 4 },
        fc.constant<Tree[]>([]).map((none) => none),
        fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
      ),
    }));
    const expected = ({ enabled, dtype }: Policy) => (enabled ? dtype : 'float32');
    const visit = ({ policy, inner, throws }: Tree): void => {
      try {
        autocast(policy, () => {
          expect(precisionHere()).toBe(expected(policy));
          for (const child of inner) {
            visit(child);
            expect(precisionHere()).toBe(expected(policy));
          }
          if (throws) throw new Error('by plan');
        });
      } catch (error) {
        if ((error as Error).message !== 'by plan') throw error;
      }
    };
    fc.assert(
      fc.property(tree, (root) => {
        visit(root);
        expect(precisionHere()).toBe('float32');
        expect(installedInterceptors()).not.toContain('autocast');
      }),
      { numRuns: 40 },
    );
  });
});

/** A promise, and the function that resolves it. */
function signal(): { readonly over: Promise<void>; readonly end: () => void } {
  let end = () => {};
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { over, end };
}

describe('an asynchronous scope', () => {
  it('lasts until its promise settles, and not for the code beside it', async () => {
    const seen: string[] = [];
    let goOn = () => {};
    const besideIsDone = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const inside = autocast(bf16, async () => {
      seen.push(precisionHere());
      await besideIsDone;
      seen.push(precisionHere());
      return 'done';
    });
    seen.push(precisionHere());
    await sleep(1);
    seen.push(precisionHere());
    goOn();
    expect(await inside).toBe('done');
    expect(seen).toEqual(['bfloat16', 'float32', 'float32', 'bfloat16']);
  });

  it('does not see those that run at the same time', async () => {
    const work = async (turns: number): Promise<string[]> => {
      const seen: string[] = [];
      for (let turn = 0; turn < turns; turn++) {
        seen.push(precisionHere());
        await sleep(turn % 3);
      }
      return seen;
    };
    const [x, y, z] = await Promise.all([
      autocast(bf16, () => work(6)),
      autocast(fp16, () => work(9)),
      work(7),
    ]);
    expect(new Set(x)).toEqual(new Set(['bfloat16']));
    expect(new Set(y)).toEqual(new Set(['float16']));
    expect(new Set(z)).toEqual(new Set(['float32']));
  });

  it('ends with a rejection', async () => {
    await expect(
      autocast(bf16, async () => {
        await sleep(1);
        throw new Error('rejected inside');
      }),
    ).rejects.toThrow('rejected inside');
  });

  it('is over for code that outlives it', async () => {
    const { over, end } = signal();
    let late: Promise<string> | undefined;
    await autocast(bf16, async () => {
      late = over.then(precisionHere);
      await sleep(1);
    });
    end();
    expect(await late).toBe('float32');
  });

  it('leaves code that outlives an inner scope in the outer one', async () => {
    const { over, end } = signal();
    const seen = await autocast(bf16, async () => {
      let late: Promise<string> | undefined;
      await autocast(off, async () => {
        late = over.then(precisionHere);
      });
      end();
      return late;
    });
    expect(seen).toBe('bfloat16');
  });

  it('differentiates in each of two at the same time', async () => {
    const w = tf.variable(tf.tensor2d([[1], [1]]));
    const gradient = (policy: Policy) =>
      autocast(policy, async () => {
        const values: number[] = [];
        for (let turn = 0; turn < 4; turn++) {
          const { value, grads } = tf.variableGrads(() => tf.sum(tf.matMul(a, w)) as tf.Scalar);
          values.push(...grads[w.name].dataSync());
          tf.dispose([value, grads] as never);
          await sleep(turn % 2);
        }
        return new Set(values);
      });
    const [low, wide] = await Promise.all([gradient(bf16), gradient(off)]);
    expect([...low]).toEqual([1]);
    expect([...wide]).toEqual([1 + 2 ** -9, 1 + 2 ** -12]);
    w.dispose();
  });

  it('leaves nothing behind', async () => {
    const step = () =>
      autocast(bf16, async () => {
        const x = tf.matMul(a, one);
        await sleep(0);
        const y = tf.add(x, 1);
        tf.dispose([x, y]);
      });
    await step();
    expect(await countTensors(() => Promise.all([step(), step(), step()]))).toEqual(NO_GROWTH);
  });
});

it.runIf(hasNativeOps())('results of a scope can be used outside it', () => {
  const product = autocast(bf16, () => tf.matMul(a, one));
  expect(nativeDType(product)).toBe('bfloat16');
  expect(tf.tidy(() => tf.add(product, 2 ** -9).arraySync())).toEqual([[1 + 2 ** -9, 1 + 2 ** -9]]);
  product.dispose();
});
