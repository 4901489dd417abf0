import { describe, expect, it } from 'vitest';
import {
  AmpInputError,
  OP_LISTS,
  Policy,
  PRECISIONS,
  precisionPolicy,
  UNMAPPED_TORCH_OPS,
} from '../../src/index.js';
import fixture from '../fixtures/autocast.json' with { type: 'json' };

describe('a policy', () => {
  it('has defaults', () => {
    const { dtype, enabled, mode, savedActivations, needsScaler } = new Policy();
    expect({ dtype, enabled, mode, savedActivations, needsScaler }).toEqual({
      dtype: 'bfloat16',
      enabled: true,
      mode: 'auto',
      savedActivations: 'low',
      needsScaler: false,
    });
  });

  it('is changed into another', () => {
    const policy = new Policy({ lists: { Einsum: 'float32' } });
    const other = policy.with({ dtype: 'float16', lists: { Relu: 'lower' } });
    expect([policy.listOf('Einsum'), policy.listOf('Relu'), policy.listOf('BatchMatMulV2')]).toEqual([
      'float32',
      'widest',
      'lower',
    ]);
    expect([other.listOf('Einsum'), other.listOf('Relu'), other.dtype]).toEqual([
      'lower',
      'lower',
      'float16',
    ]);
  });

  it('is made of what is asked for on the command line', () => {
    expect(
      PRECISIONS.map(precisionPolicy).map(({ enabled, dtype }) => (enabled ? dtype : 'float32')),
    ).toEqual(['float32', 'bfloat16', 'float16']);
    expect(() => precisionPolicy('int8')).toThrow(AmpInputError);
    expect(() => precisionPolicy('int8')).toThrow(
      'for inference alone; to train it must be one of fp32, bf16, fp16.',
    );
    expect(() => precisionPolicy('fp8')).toThrow('it must be one of fp32, bf16, fp16.');
  });
});

describe('the op lists', () => {
  it('have each op once', () => {
    const ops = Object.values(OP_LISTS).flatMap((rules) => Object.keys(rules));
    expect(new Set(ops).size).toBe(ops.length);
  });

  it('give a reason for each op that torch has under no such name', () => {
    const rules = Object.values(OP_LISTS).flatMap((list) => Object.values(list));
    expect(rules.filter(({ torch, because }) => torch.length === 0 && !because)).toEqual([]);
  });

  it.each(['lower', 'float32', 'widest'] as const)("cover torch's list %s, op for op", (list) => {
    const mapped = new Set(Object.values(OP_LISTS[list]).flatMap(({ torch }) => torch));
    const missing = fixture.lists[list].filter((op) => !mapped.has(op) && !(op in UNMAPPED_TORCH_OPS));
    expect(missing).toEqual([]);
  });

  it('name no op that torch has not on that list', () => {
    const cpuOnly = ['cat', 'stack', 'index_copy'];
    for (const list of ['lower', 'float32', 'widest'] as const) {
      const known = new Set<string>([...fixture.lists[list], ...cpuOnly]);
      const named = Object.values(OP_LISTS[list]).flatMap(({ torch }) => torch);
      expect(named.filter((op) => !known.has(op))).toEqual([]);
    }
    const all = new Set(Object.values(fixture.lists).flat());
    expect(Object.keys(UNMAPPED_TORCH_OPS).filter((op) => !all.has(op))).toEqual([]);
  });
});
