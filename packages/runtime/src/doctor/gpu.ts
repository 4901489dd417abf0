import { findProgram } from '../install/find-program.js';
import { runProcess } from '../install/run-process.js';
import type { GpuReport } from './report.js';

/** A driver whose GPU hangs answers late or never. */
const ANSWER_MS = 15_000;
const MIB = 1 << 20;

/** Asks the NVIDIA driver, where there is one, for its version and its GPUs. */
export async function examineGpu(): Promise<GpuReport> {
  const program = findProgram('nvidia-smi');
  if (!program) return { driver: null, devices: [] };
  const query = ['--query-gpu=driver_version,name,memory.total', '--format=csv,noheader,nounits'];
  const { code, stdout } = await runProcess(program, query, { timeoutMs: ANSWER_MS });
  return code === 0 ? parseGpus(stdout) : { driver: null, devices: [] };
}

/** Lines such as `570.86.10, NVIDIA H200, 143771`, the memory in MiB. */
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
