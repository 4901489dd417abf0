import type { AddonOptions } from '@fin/runtime';
import { availableCompiler, currentTensorFlow, hasNativeOps, loadTensorFlow } from '@fin/runtime';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { hasKernel, loadKernels } from '../src/index.js';
import { KERNEL_NAMES, kernelsState } from '../src/state.js';
import { fused } from './support/implementations.js';

const state = kernelsState();
const { addon, report } = state;

const machine = vi.hoisted(() => ({ hasCompiler: true, tensorFlowElsewhere: false }));

vi.mock('@fin/runtime', async (original) => {
  const actual = await original<typeof import('@fin/runtime')>();
  const none = { path: null, compiler: null, problem: 'there is no C++ compiler (none on the PATH)' };
  return {
    ...actual,
    findInstallation: async () => {
      const installation = await actual.findInstallation();
      return machine.tensorFlowElsewhere ? { ...installation, libraryDir: '/' } : installation;
    },
    compileAddon: (options: AddonOptions) => (machine.hasCompiler ? actual.compileAddon(options) : none),
  };
});

afterEach(() => {
  vi.unstubAllEnvs();
  Object.assign(machine, { hasCompiler: true, tensorFlowElsewhere: false });
  Object.assign(state, { addon, report });
});

it('says what is there', async () => {
  expect(KERNEL_NAMES.map(hasKernel)).toEqual(KERNEL_NAMES.map(() => fused));
  if (!fused) expect((await loadKernels()).available).toBe(false);
});

describe.runIf(hasNativeOps())('loadKernels', () => {
  it('makes the fused ops where there is a compiler and no GPU', async () => {
    const { compiler } = await availableCompiler();
    const onGpu = currentTensorFlow().native?.isUsingGpuDevice();
    expect((await loadKernels()).available).toBe(compiler !== null && !onGpu);
  });

  it('does without a compiler, once and for all', async () => {
    Object.assign(state, { addon: null, report: null });
    machine.hasCompiler = false;
    const found = await loadKernels();
    expect(found).toEqual({
      available: false,
      instructionSet: null,
      threads: 0,
      bfloat16Products: false,
      compiler: null,
      notes: ['The fused ops could not be compiled: there is no C++ compiler (none on the PATH).'],
    });
    expect(KERNEL_NAMES.some(hasKernel)).toBe(false);
    expect(await loadKernels()).toBe(found);
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
    expect(KERNEL_NAMES.some(hasKernel)).toBe(false);
  });

  it('stands back on another backend and comes back', async () => {
    await loadTensorFlow({ backend: 'cpu' });
    expect((await loadKernels()).notes).toEqual(['The backend cpu has no native ops.']);
    expect(hasKernel('FinGelu')).toBe(false);
    await loadTensorFlow({ backend: 'tensorflow' });
    expect(hasKernel('FinGelu')).toBe(fused);
  });
});
