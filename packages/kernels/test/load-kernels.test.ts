import type { AddonOptions } from '@fin/runtime';
import { availableCompiler, currentTensorFlow, hasNativeOps, loadTensorFlow } from '@fin/runtime';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadKernels, usesFusedOps } from '../src/index.js';
import { kernelsState } from '../src/state.js';
import { fused } from './support/implementations.js';

const state = kernelsState();
const { addon, report } = state;

const machine = vi.hoisted(() => ({
  hasCompiler: true,
  tensorFlowElsewhere: false,
  addonPath: null as string | null,
}));

vi.mock('@fin/runtime', async (original) => {
  const actual = await original<typeof import('@fin/runtime')>();
  const none = { path: null, compiler: null, problem: 'there is no C++ compiler (none on the PATH)' };
  return {
    ...actual,
    findInstallation: async () => {
      const installation = await actual.findInstallation();
      return machine.tensorFlowElsewhere ? { ...installation, libraryDir: '/' } : installation;
    },
    compileAddon: (options: AddonOptions) => {
      if (!machine.hasCompiler) return none;
      const { addonPath: path } = machine;
      return path ? { path, compiler: 'g++', problem: null } : actual.compileAddon(options);
    },
  };
});

afterEach(() => {
  vi.unstubAllEnvs();
  Object.assign(machine, { hasCompiler: true, tensorFlowElsewhere: false, addonPath: null });
  Object.assign(state, { addon, report });
});

it('says what is there', async () => {
  expect(usesFusedOps()).toBe(fused);
  if (!fused) expect((await loadKernels()).available).toBe(false);
});

describe.runIf(hasNativeOps())('loadKernels', () => {
  it('makes the fused ops where there is a compiler and no GPU', async () => {
    const { compiler } = await availableCompiler();
    const onGpu = currentTensorFlow().native?.isUsingGpuDevice();
    expect((await loadKernels()).available).toBe(compiler !== null && !onGpu);
  });

  it('does without a compiler, and tries again when it is called again', async () => {
    Object.assign(state, { addon: null, report: null });
    machine.hasCompiler = false;
    const found = await loadKernels();
    expect(found).toEqual({
      available: false,
      instructionSet: null,
      threads: 0,
      bfloat16Products: false,
      encoderUnit: null,
      int8Unit: null,
      compiler: null,
      notes: ['The fused ops could not be compiled: there is no C++ compiler (none on the PATH).'],
    });
    expect(usesFusedOps()).toBe(false);
    machine.hasCompiler = true;
    const { available } = await loadKernels();
    expect([available, usesFusedOps()]).toEqual([fused, fused]);
    expect(await loadKernels()).toBe(state.report ?? expect.anything());
  });

  it('reports a compiled addon that does not load, instead of failing', async () => {
    Object.assign(state, { addon: null, report: null });
    machine.addonPath = '/nowhere/fin-kernels.node';
    const { available, notes } = await loadKernels();
    expect(available).toBe(false);
    expect(notes[0]).toMatch(/could not be loaded: .*Delete \/nowhere to compile them again\.$/s);
    machine.addonPath = null;
    expect((await loadKernels()).available).toBe(fused);
  });

  it('keeps out of a program with a TensorFlow of its own', async () => {
    Object.assign(state, { addon: null, report: null });
    machine.tensorFlowElsewhere = true;
    const { available, notes } = await loadKernels();
    expect(available).toBe(false);
    expect(notes[0]).toMatch(/brought a TensorFlow of its own \(.*libtensorflow.*\)/);
  });

  it('can be turned off', async () => {
    vi.stubEnv('FIN_KERNELS', '0');
    expect((await loadKernels()).notes).toEqual(['FIN_KERNELS=0 turns the fused ops off.']);
    expect(usesFusedOps()).toBe(false);
  });

  it('stands back on another backend and comes back', async () => {
    await loadTensorFlow({ backend: 'cpu' });
    expect((await loadKernels()).notes).toEqual(['The backend cpu has no native ops.']);
    expect(usesFusedOps()).toBe(false);
    await loadTensorFlow({ backend: 'tensorflow' });
    expect(usesFusedOps()).toBe(fused);
  });
});
