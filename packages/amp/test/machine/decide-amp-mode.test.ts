import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { computesBfloat16Products, loadKernels } from '@fin/kernels';
import { hasNativeOps, installInterceptor } from '@fin/runtime';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type * as Amp from '../../src/index.js';
import { AmpInputError, autocast, decideAmpMode, formatAmpDecision } from '../../src/index.js';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'fin-amp-test-'));
  vi.stubEnv('FIN_CACHE_DIR', cache);
  vi.stubEnv('FIN_AMP_MODE', '');
  vi.stubEnv('FIN_KERNELS', '');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true });
});

/** The package as another process would load it, with nothing remembered. */
async function freshly(): Promise<typeof Amp> {
  vi.resetModules();
  return import('../../src/index.js');
}

describe.runIf(!hasNativeOps())('without native TensorFlow', () => {
  it('is emulated, whatever is asked for', () => {
    vi.stubEnv('FIN_AMP_MODE', 'low');
    const decision = decideAmpMode('bfloat16', 'wide');
    expect(decision).toEqual({ dtype: 'bfloat16', mode: 'emulated', source: 'backend', speedup: null });
    expect(formatAmpDecision(decision)).toBe(
      'bfloat16: rounding emulated, no gain in speed or memory (the backend has no low dtypes)',
    );
  });
});

describe.runIf(hasNativeOps())('with native TensorFlow', () => {
  it('is what is asked for, before everything else', () => {
    vi.stubEnv('FIN_AMP_MODE', 'wide');
    expect(decideAmpMode('float16', 'low')).toEqual({
      dtype: 'float16',
      mode: 'low',
      source: 'option',
      speedup: null,
    });
  });

  it.each(['low', 'wide'] as const)('is %s where FIN_AMP_MODE says so', (mode) => {
    vi.stubEnv('FIN_AMP_MODE', mode);
    expect(decideAmpMode('bfloat16')).toEqual({
      dtype: 'bfloat16',
      mode,
      source: 'environment',
      speedup: null,
    });
  });

  it('refuses another FIN_AMP_MODE', () => {
    vi.stubEnv('FIN_AMP_MODE', 'fast');
    expect(() => decideAmpMode('bfloat16')).toThrow(AmpInputError);
    expect(() => autocast({}, () => 1)).toThrow('FIN_AMP_MODE is "fast"; it must be one of auto, low, wide.');
  });

  it('is measured once, and read from the cache by the next process', async () => {
    const first = (await freshly()).decideAmpMode('bfloat16');
    expect(first).toMatchObject({ dtype: 'bfloat16', source: 'probe' });
    expect(first.mode).toBe((first.speedup as number) >= 1.25 ? 'low' : 'wide');
    const [file, ...others] = readdirSync(join(cache, 'amp'));
    expect(others).toEqual([]);
    const entry = JSON.parse(readFileSync(join(cache, 'amp', file), 'utf8'));
    expect(entry).toMatchObject({ dtype: 'bfloat16', measurement: { speedup: first.speedup } });
    expect(entry.facts.processor.length).toBeGreaterThan(0);
    const { decideAmpMode: again } = await freshly();
    expect([again('bfloat16'), again('bfloat16')]).toEqual(Array(2).fill({ ...first, source: 'cache' }));
  });

  it('is measured again where the cache is damaged, and where it cannot be written', async () => {
    (await freshly()).decideAmpMode('bfloat16');
    const path = join(cache, 'amp', readdirSync(join(cache, 'amp'))[0]);
    for (const damage of ['', '{', '{"version":2}', '[]', '{"version":2,"measurement":{"speedup":"fast"}}']) {
      writeFileSync(path, damage);
      expect((await freshly()).decideAmpMode('bfloat16').source).toBe('probe');
    }
    vi.stubEnv('FIN_CACHE_DIR', path);
    expect((await freshly()).decideAmpMode('bfloat16').source).toBe('probe');
  });

  it('follows the measurement', async () => {
    (await freshly()).decideAmpMode('bfloat16');
    const path = join(cache, 'amp', readdirSync(join(cache, 'amp'))[0]);
    const entry = JSON.parse(readFileSync(path, 'utf8'));
    for (const [speedup, mode] of [
      [4.5, 'low'],
      [1.1, 'wide'],
      [0, 'wide'],
    ] as const) {
      writeFileSync(path, JSON.stringify({ ...entry, measurement: { ...entry.measurement, speedup } }));
      const fresh = await freshly();
      const decision = fresh.decideAmpMode('bfloat16');
      expect([decision.mode, decision.speedup]).toEqual([mode, speedup]);
      expect(fresh.formatAmpDecision(decision)).toContain('measured on this machine before');
    }
  });

  it('measures outside of every scope', async () => {
    const fresh = await freshly();
    const products: string[] = [];
    const installation = installInterceptor('trace', (call, next) => {
      if (call.op === 'BatchMatMulV2') products.push(call.inputs[0].dtype);
      return next(call);
    });
    fresh.autocast({ mode: 'wide' }, () => fresh.decideAmpMode('bfloat16'));
    installation.remove();
    expect(new Set(products)).toEqual(new Set(['float32', 'bfloat16']));
  });
});

describe.runIf(hasNativeOps())('where the fused ops are loaded', () => {
  it('computes low from a lower speed on, and measures anew', async ({ skip }) => {
    (await freshly()).decideAmpMode('bfloat16');
    expect(computesBfloat16Products()).toBe(false);
    await loadKernels();
    if (!computesBfloat16Products()) skip('no fused products: no compiler, or a processor that needs none');
    expect((await freshly()).decideAmpMode('bfloat16').source).toBe('probe');
    const entries = readdirSync(join(cache, 'amp')).map((name) => {
      const path = join(cache, 'amp', name);
      return { path, entry: JSON.parse(readFileSync(path, 'utf8')) };
    });
    expect(entries.map(({ entry }) => entry.facts.fusedProducts).toSorted()).toEqual([false, true]);
    for (const [speedup, mode] of [
      [0.9, 'low'],
      [0.7, 'wide'],
    ] as const) {
      for (const { path, entry } of entries) {
        writeFileSync(path, JSON.stringify({ ...entry, measurement: { ...entry.measurement, speedup } }));
      }
      const { decideAmpMode: decide } = await freshly();
      expect([decide('bfloat16').mode, decide('bfloat16').source]).toEqual([mode, 'cache']);
    }
  });
});
