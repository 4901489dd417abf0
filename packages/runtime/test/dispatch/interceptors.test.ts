import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import type {
  InstalledInterceptor,
  Interceptor,
  InterceptorOptions,
  NativeBinding,
} from '../../src/index.js';
import {
  attr,
  countTensors,
  currentTensorFlow,
  derivedHandles,
  dtypeNumber,
  hasNativeOps,
  installedInterceptors,
  installInterceptor,
  memory,
  NO_GROWTH,
  nativeHandles,
  rawOp,
  readIndices,
} from '../../src/index.js';

let installed: InstalledInterceptor[] = [];
const install = (
  name: string,
  interceptor: Interceptor,
  options?: InterceptorOptions,
): InstalledInterceptor => {
  const installation = installInterceptor(name, interceptor, options);
  installed.push(installation);
  return installation;
};
const add = () => tf.tidy(() => tf.add(tf.tensor1d([1, 2]), tf.tensor1d([3, 4])).dataSync());

afterEach(() => {
  for (const installation of installed) installation.remove();
  installed = [];
  expect(installedInterceptors()).toEqual([]);
});

describe('the list of interceptors', () => {
  it('names them in the order in which they see a call', () => {
    const [a] = ['a', 'b', 'c'].map((name) => install(name, (call, next) => next(call)));
    expect(installedInterceptors()).toEqual(['c', 'b', 'a']);
    a!.remove();
    a!.remove();
    expect(installedInterceptors()).toEqual(['c', 'b']);
  });

  it('takes the same function twice and removes one of the two', () => {
    const same: Interceptor = (call, next) => next(call);
    const first = install('same', same);
    install('same', same);
    first.remove();
    expect(installedInterceptors()).toEqual(['same']);
  });

  it.skipIf(hasNativeOps())('changes nothing on other backends', () => {
    install('never', () => {
      throw new Error('called');
    });
    expect([...add()]).toEqual([4, 6]);
  });
});

describe.skipIf(!hasNativeOps())('the dispatch chain', () => {
  it('shows a call to the last installed first', () => {
    const seen: string[] = [];
    for (const name of ['a', 'b']) {
      install(name, (call, next) => {
        seen.push(`${name} down`);
        const outputs = next(call);
        seen.push(`${name} up`);
        return outputs;
      });
    }
    add();
    expect(seen).toEqual(['b down', 'a down', 'a up', 'b up']);
  });

  it('shows a call to an innermost one last, as TensorFlow will run it', () => {
    const seen: string[] = [];
    install('changes it', (call, next) => next(call.op.startsWith('Add') ? { ...call, op: 'Sub' } : call));
    install(
      'sees it',
      (call, next) => {
        seen.push(call.op);
        return next(call);
      },
      { innermost: true },
    );
    install('later', (call, next) => next(call));
    expect(installedInterceptors()).toEqual(['later', 'changes it', 'sees it']);
    expect([...add()]).toEqual([-2, -2]);
    expect(seen).toContain('Sub');
  });

  it('lists the native tensors and reads the indices in one', () => {
    const x = tf.tensor1d([3, 1, 2], 'int32');
    const seen: number[][] = [];
    install('reads', (call, next) => {
      const outputs = next(call);
      if (call.op === 'Square') {
        seen.push([...readIndices(call.inputs[0]!)]);
        expect(nativeHandles().map(({ id }) => id)).toContain(call.inputs[0]!.id);
        expect(nativeHandles()).toHaveLength(memory().native!.handles);
      }
      return outputs;
    });
    tf.dispose([tf.square(x), x]);
    expect(seen).toEqual([[3, 1, 2]]);
    const [wide] = nativeHandles().filter(({ dtype }) => dtype !== 'int32');
    if (wide) expect(() => readIndices(wide)).toThrow(/not int32/);
  });

  it('shows op, attributes, inputs and outputs, forward and backward', () => {
    const seen: string[] = [];
    install('trace', (call, next) => {
      const outputs = next(call);
      const shapes = (handles: typeof call.inputs) =>
        handles.map(({ dtype, shape }) => `${dtype}[${shape}]`).join();
      seen.push(`${call.op}(${shapes(call.inputs)}) -> ${shapes(outputs)}`);
      return outputs;
    });
    tf.tidy(() => {
      const w = tf.ones<tf.Rank.R2>([3, 4]);
      tf.grad((x: tf.Tensor) => tf.relu(tf.matMul(x as tf.Tensor2D, w)))(tf.ones([2, 3])).dataSync();
    });
    expect(seen).toContain('BatchMatMulV2(float32[2,3],float32[3,4]) -> float32[2,4]');
    expect(seen.at(-1)).toMatch(/MatMul.*\(float32\[2,4\],float32\[3,4\]\) -> float32\[2,3\]/);
  });

  it('knows handles that are older than the interceptor, and those made from host values', () => {
    const older = tf.tidy(() => tf.cast(tf.add(tf.ones([5]), 1), 'int32'));
    const inputs: string[] = [];
    install('trace', (call, next) => {
      inputs.push(...call.inputs.map(({ dtype, shape }) => `${dtype}[${shape}]`));
      return next(call);
    });
    tf.tidy(() => tf.concat([older, tf.tensor1d([1, 2], 'int32')]));
    expect(inputs.slice(0, 2)).toEqual(['int32[5]', 'int32[2]']);
    older.dispose();
  });

  it('finds out about handles that were made behind its back', () => {
    const chain = currentTensorFlow().native!;
    const addon = Object.getPrototypeOf(chain) as NativeBinding;
    const id = addon.createTensor([2, 1], dtypeNumber('int32'), Int32Array.of(3, 4));
    const seen: string[] = [];
    install('trace', (call, next) => {
      seen.push(...call.inputs.map(({ dtype, shape }) => `${dtype}[${shape}]`));
      return next(call);
    });
    const [negated] = chain.executeOp('Neg', [{ name: 'T', ...attr.type('int32') }], [id], 1);
    expect(seen).toEqual(['int32[2,1]']);
    expect(chain.tensorDataSync(negated!.id)).toEqual(Int32Array.of(-3, -4));
    for (const made of [id, negated!.id]) chain.deleteTensor(made);
  });

  it('keeps a derived tensor as long as its source', async () => {
    let made = 0;
    install('twice', (call, next) => {
      if (call.op !== 'Neg') return next(call);
      const source = call.inputs[0]!;
      const [twice, same] = derivedHandles([source, source], 'twice', (missing) =>
        missing.map((each) => {
          made++;
          return next({ ...call, op: 'Add', inputs: [each, each] })[0]!;
        }),
      );
      expect(same).toBe(twice);
      return next({ ...call, inputs: [twice!] });
    });
    const growth = await countTensors(() => {
      const x = tf.tensor1d([1, 2]);
      for (let i = 0; i < 3; i++) {
        const y = tf.neg(x);
        expect([...y.dataSync()]).toEqual([-2, -4]);
        y.dispose();
      }
      x.dispose();
    });
    expect(made).toBe(1);
    expect(growth).toEqual(NO_GROWTH);
  });

  it('lets a call be rewritten, of kernels and of raw ops', () => {
    install('subtract instead', (call, next) => next(/^Add/.test(call.op) ? { ...call, op: 'Sub' } : call));
    expect([...add()]).toEqual([-2, -2]);
    const inputs = [tf.scalar(5), tf.scalar(2)];
    const [difference] = rawOp('AddV2', inputs, { T: attr.type('float32') });
    expect(difference!.arraySync()).toBe(3);
    tf.dispose([inputs, difference!]);
  });

  it('survives a throwing interceptor with chain and handles as they were', async () => {
    install('sound', (call, next) => next(call));
    const growth = await countTensors(() => {
      const bad = install('bad', () => {
        throw new Error('thrown by the interceptor');
      });
      const x = tf.ones([2]);
      expect(() => tf.tidy(() => tf.add(x, x))).toThrow('thrown by the interceptor');
      bad.remove();
      x.dispose();
    });
    expect(growth).toEqual(NO_GROWTH);
    expect([...add()]).toEqual([4, 6]);
  });

  it('finishes a call on the chain it began with, even when it removes or installs one', () => {
    const seen: string[] = [];
    const below = install('below', (call, next) => {
      seen.push('below');
      return next(call);
    });
    install('above', (call, next) => {
      below.remove();
      install('late', (c, n) => {
        seen.push('late');
        return n(c);
      });
      return next(call);
    });
    tf.tidy(() => tf.neg(tf.scalar(1)));
    expect(seen).toEqual(['below']);
    for (const installation of installed) installation.remove();
  });

  it('stays installed across await, and only it, whatever ends first', async () => {
    const seen: string[] = [];
    const scope = async (name: string, ms: number) => {
      const installation = installInterceptor(name, (call, next) => {
        seen.push(name);
        return next(call);
      });
      await new Promise((resolve) => setTimeout(resolve, ms));
      tf.tidy(() => tf.neg(tf.scalar(1)));
      installation.remove();
    };
    await Promise.all([scope('long', 30), scope('short', 1)]);
    expect(seen).toEqual(['short', 'long', 'long']);
  });

  it('runs 1,000 calls through two interceptors and leaves nothing behind', async () => {
    install('one', (call, next) => next(call));
    install('two', (call, next) => next({ ...call }));
    add();
    const growth = await countTensors(() => {
      for (let i = 0; i < 1000; i++) add();
    });
    expect(growth).toEqual(NO_GROWTH);
  });
});
