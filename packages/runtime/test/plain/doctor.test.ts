import { describe, expect, it } from 'vitest';
import { findingsOf } from '../../src/doctor/findings.js';
import { linuxCores, linuxFeatures, macFacts, parseGpus } from '../../src/doctor/machine.js';
import type { CpuFeatures, DoctorReport } from '../../src/index.js';
import { doctor, formatDoctor } from '../../src/index.js';

const none: CpuFeatures = { avx2: false, avx512: false, avx512Bf16: false, amxBf16: false, armBf16: false };

const complete: DoctorReport = {
  platform: { name: 'linux x64', release: '6.1', libc: 'glibc 2.36' },
  node: { version: 'v22.0.0', path: '/usr/bin/node' },
  cpu: {
    model: 'A processor',
    features: { ...none, avx2: true, avx512: true, avx512Bf16: true, amxBf16: true },
    cores: 4,
    threads: 8,
  },
  memory: { totalBytes: 2 ** 35, freeBytes: 2 ** 34 },
  gpu: { driver: null, devices: [] },
  pip: { found: 'pip 24.0', problem: null },
  compiler: { found: 'c++', problem: null },
  cache: { dir: '/home/a/.cache/fin', writable: true, bytes: { tensorflow: 980e6 } },
  installation: {
    bindingPath: '/b/tfjs_binding.node',
    tfjsNodeDir: '/t',
    tensorflowDir: '/l',
    libraryDir: '/l',
    includeDir: '/l/include',
    tensorflowVersion: '2.21.0',
    source: 'wheel',
    gpu: false,
  },
  backend: { name: 'tensorflow', reason: 'native TensorFlow is installed' },
  findings: [],
};

describe('the processor', () => {
  it('is read from /proc/cpuinfo', () => {
    const x86 =
      'processor\t: 0\nmodel name\t: X\nphysical id\t: 0\ncore id\t: 0\nflags\t\t: fma avx avx2 avx512f amx_bf16\n\n' +
      'processor\t: 1\nphysical id\t: 0\ncore id\t: 0\nflags\t\t: fma\n\n' +
      'processor\t: 2\nphysical id\t: 0\ncore id\t: 1\n';
    expect(linuxFeatures(x86)).toEqual({ ...none, avx2: true, avx512: true, amxBf16: true });
    expect(linuxCores(x86)).toBe(2);
    const arm = 'processor\t: 0\nFeatures\t: fp asimd bf16\n';
    expect(linuxFeatures(arm)).toEqual({ ...none, armBf16: true });
    expect(linuxCores(arm)).toBe(null);
    expect(linuxFeatures('')).toEqual(none);
  });

  it('is read from sysctl on a Mac', () => {
    expect(macFacts('hw.physicalcpu: 8\nhw.optional.arm.FEAT_BF16: 1\n')).toEqual({
      cores: 8,
      features: { ...none, armBf16: true },
    });
  });
});

describe('the GPU', () => {
  it('is read from nvidia-smi', () => {
    expect(parseGpus('570.86.10, NVIDIA H200, 143771\n570.86.10, NVIDIA H200, 143771\n')).toEqual({
      driver: '570.86.10',
      devices: Array.from({ length: 2 }, () => ({ name: 'NVIDIA H200', memoryBytes: 143_771 * 2 ** 20 })),
    });
    expect(parseGpus('No devices were found\n')).toEqual({ driver: null, devices: [] });
  });
});

describe('what is missing', () => {
  it('is nothing on a complete machine', () => {
    expect(findingsOf(complete)).toEqual([]);
    expect(formatDoctor(complete)).toContain('Nothing is missing.');
  });

  it('is native TensorFlow, with what it costs and what stands in the way', () => {
    const bare: DoctorReport = {
      ...complete,
      installation: null,
      backend: { name: 'wasm', reason: 'no native TensorFlow is installed' },
      pip: { found: null, problem: 'there is no python3 on the PATH' },
      compiler: { found: null, problem: 'none on the PATH' },
      cache: { ...complete.cache, writable: false },
    };
    const findings = findingsOf(bare);
    expect(findings[0]).toMatchObject({ kind: 'missing', fix: expect.stringContaining('fin install') });
    expect(findings[0].cost).toContain('9-19 GFLOP/s');
    expect(findings.map(({ fix }) => fix)).toEqual([
      expect.stringContaining('npx --package @fin/runtime fin-runtime install'),
      'install python3 with pip',
      'install g++ or clang++',
      'set FIN_CACHE_DIR to a folder that can be written',
    ]);
    const text = formatDoctor({ ...bare, findings });
    expect(text).toContain('TensorFlow    not installed');
    expect(text).toContain('Missing: There is no native TensorFlow.');
  });

  it('is a CUDA build where a GPU idles', () => {
    const gpu = { driver: '570', devices: [{ name: 'NVIDIA H200', memoryBytes: 1 }] };
    expect(findingsOf({ ...complete, gpu })).toMatchObject([{ cost: 'The GPU stays idle.' }]);
  });

  it('is speed in bfloat16 on a processor without units for it', () => {
    const features = { ...none, avx2: true, avx512: true };
    expect(findingsOf({ ...complete, cpu: { ...complete.cpu, features } })).toMatchObject([
      { kind: 'note', what: expect.stringContaining('no units for bfloat16') },
    ]);
  });

  it('names the setting that keeps native TensorFlow from being used', () => {
    const backend = { name: 'cpu', reason: 'FIN_BACKEND is cpu' };
    expect(findingsOf({ ...complete, backend })).toMatchObject([{ fix: 'unset FIN_BACKEND' }]);
  });
});

describe('doctor', () => {
  it('examines this machine', async () => {
    const report = await doctor();
    expect(report.platform.name).toBe(`${process.platform} ${process.arch}`);
    expect(report.cpu.threads).toBeGreaterThan(0);
    expect(report.memory.totalBytes).toBeGreaterThan(report.memory.freeBytes);
    expect(formatDoctor(report)).toContain(process.version);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });
});
