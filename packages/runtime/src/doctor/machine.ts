import { constants } from 'node:fs';
import { access, readdir, readFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { cacheRoot } from '../install/cache-layout.js';
import { folderBytes } from '../install/disk.js';
import { StepImpossible } from '../install/errors.js';
import { findPip } from '../install/pip.js';
import { findProgram, runProcess } from '../install/processes.js';
import { availableCompiler } from '../install/zig.js';
import type { CacheReport, CpuFeatures, CpuReport, GpuReport, ToolReport } from './report.js';

/** Examines the processor: model, features, cores and threads. */
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

/** Reads the features from `/proc/cpuinfo`: x86 lists them as `flags`, Arm as `Features`. */
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

/** Counts the distinct pairs of socket and core; null if a virtual machine does not list them. */
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

/** Parses the output of sysctl, with lines such as `hw.physicalcpu: 8`. Unknown names are missing. */
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

/** Time limit for the driver; if a GPU hangs, it answers late or never. */
const ANSWER_MS = 15_000;
const MIB = 1 << 20;

/** Asks the NVIDIA driver, if there is one, for its version and its GPUs. */
export async function examineGpu(): Promise<GpuReport> {
  const program = findProgram('nvidia-smi');
  if (!program) return { driver: null, devices: [] };
  const query = ['--query-gpu=driver_version,name,memory.total', '--format=csv,noheader,nounits'];
  const { code, stdout } = await runProcess(program, query, { timeoutMs: ANSWER_MS });
  return code === 0 ? parseGpus(stdout) : { driver: null, devices: [] };
}

/** Parses lines such as `570.86.10, NVIDIA H200, 143771`, with the memory in MiB. */
export function parseGpus(csv: string): GpuReport {
  const rows = csv
    .trim()
    .split('\n')
    .map((line) => line.split(',').map((cell) => cell.trim()))
    .filter((cells) => cells.length === 3);
  return {
    driver: rows[0]?.[0] ?? null,
    devices: rows.map(([, name, mebibytes]) => ({ name, memoryBytes: Number(mebibytes) * MIB })),
  };
}

/** Examines the cache: place, size of its parts, and whether it can be written. */
export async function examineCache(): Promise<CacheReport> {
  const dir = cacheRoot();
  const bytes: Record<string, number> = {};
  for (const part of (await readdir(dir).catch(() => [])).sort()) {
    const size = await folderBytes(join(dir, part));
    if (size > 0) bytes[part] = size;
  }
  return { dir, writable: await writable(dir), bytes };
}

/** Whether a folder can be written, or created if it does not exist. */
async function writable(dir: string): Promise<boolean> {
  try {
    await access(dir, constants.W_OK | constants.X_OK);
    return true;
  } catch (error) {
    const parent = dirname(dir);
    return (error as NodeJS.ErrnoException).code === 'ENOENT' && parent !== dir && writable(parent);
  }
}

/** Examines pip, which downloads the wheels. */
export async function examinePip(): Promise<ToolReport> {
  try {
    return { found: (await findPip()).version, problem: null };
  } catch (error) {
    if (!(error instanceof StepImpossible)) throw error;
    return { found: null, problem: error.message };
  }
}

/** Examines the C++ compiler: the system's, or zig if the cache has it. */
export async function examineCompiler(): Promise<ToolReport> {
  const { compiler, passedOver } = await availableCompiler();
  const problem = passedOver.join('; ') || null;
  return { found: compiler?.name ?? null, problem: compiler ? problem : (problem ?? 'none on the PATH') };
}
