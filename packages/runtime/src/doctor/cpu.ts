import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { runProcess } from '../install/run-process.js';
import type { CpuFeatures, CpuReport } from './report.js';

/** Model, features, cores and threads of the processor. */
export async function examineCpu(): Promise<CpuReport> {
  const threads = availableParallelism();
  const model = cpus()[0]?.model.trim() || 'unknown';
  if (process.platform === 'linux') {
    const info = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
    return {
      model: linuxModel(info) ?? model,
      features: linuxFeatures(info),
      cores: linuxCores(info),
      threads,
    };
  }
  if (process.platform === 'darwin') {
    const names = [
      'hw.physicalcpu',
      'hw.optional.arm.FEAT_BF16',
      'hw.optional.avx2_0',
      'hw.optional.avx512f',
    ];
    const { stdout } = await runProcess('sysctl', names, { timeoutMs: 5_000 });
    return { model, ...macFacts(stdout), threads };
  }
  return { model, features: NONE, cores: null, threads };
}

const NONE: CpuFeatures = { avx2: false, avx512: false, avx512Bf16: false, amxBf16: false, armBf16: false };

/** `/proc/cpuinfo`: x86 lists `flags`, Arm lists `Features`. */
export function linuxFeatures(info: string): CpuFeatures {
  const flags = new Set(
    info
      .match(/^(?:flags|Features)\s*:(.*)$/m)?.[1]
      .trim()
      .split(/\s+/),
  );
  return {
    avx2: flags.has('avx2') && flags.has('fma'),
    avx512: flags.has('avx512f'),
    avx512Bf16: flags.has('avx512_bf16'),
    amxBf16: flags.has('amx_bf16'),
    armBf16: flags.has('bf16'),
  };
}

/** Distinct pairs of socket and core; null where a virtual machine does not tell. */
export function linuxCores(info: string): number | null {
  const cores = new Set(
    info.split('\n\n').map((block) => {
      const socket = block.match(/^physical id\s*:\s*(\d+)/m)?.[1];
      const core = block.match(/^core id\s*:\s*(\d+)/m)?.[1];
      return core === undefined ? null : `${socket ?? 0}/${core}`;
    }),
  );
  cores.delete(null);
  return cores.size || null;
}

function linuxModel(info: string): string | undefined {
  return info.match(/^model name\s*:\s*(.+)$/m)?.[1].trim();
}

/** Lines such as `hw.physicalcpu: 8`; a name that the machine does not know is missing. */
export function macFacts(sysctl: string): Pick<CpuReport, 'features' | 'cores'> {
  const value = (name: string) => Number(sysctl.match(new RegExp(`^${name}: (\\d+)$`, 'm'))?.[1] ?? 0);
  return {
    cores: value('hw.physicalcpu') || null,
    features: {
      ...NONE,
      avx2: value('hw.optional.avx2_0') === 1,
      avx512: value('hw.optional.avx512f') === 1,
      armBf16: value('hw.optional.arm.FEAT_BF16') === 1,
    },
  };
}
