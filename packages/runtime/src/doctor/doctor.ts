import { freemem, release, totalmem } from 'node:os';
import { findInstallation } from '../install/find-installation.js';
import type { Installation } from '../install/installation.js';
import { platformName } from '../install/job.js';
import { findingsOf } from './findings.js';
import { examineCache, examineCompiler, examineCpu, examineGpu, examinePip } from './machine.js';
import type { DoctorReport } from './report.js';

/**
 * Examines the machine: hardware, tools, cache, the backend that will be used, and what is missing. It starts a few programs
 * (pip, a compiler, nvidia-smi) and takes a second or two. It neither loads TensorFlow nor downloads anything.
 */
export async function doctor(): Promise<DoctorReport> {
  const [cpu, gpu, pip, compiler, cache, installation] = await Promise.all([
    examineCpu(),
    examineGpu(),
    examinePip(),
    examineCompiler(),
    examineCache(),
    findInstallation(),
  ]);
  const facts = {
    platform: { name: platformName, release: release(), libc: libc() },
    node: { version: process.version, path: process.execPath },
    cpu,
    memory: { totalBytes: totalmem(), freeBytes: freemem() },
    gpu,
    pip,
    compiler,
    cache,
    installation,
    backend: chosenBackend(installation),
  };
  return { ...facts, findings: findingsOf(facts) };
}

function chosenBackend(installation: Installation | null): DoctorReport['backend'] {
  const forced = process.env.FIN_BACKEND;
  if (forced) return { name: forced, reason: `FIN_BACKEND is ${forced}` };
  if (installation) return { name: 'tensorflow', reason: 'native TensorFlow is installed' };
  return { name: 'wasm', reason: 'no native TensorFlow is installed' };
}

function libc(): string | null {
  if (process.platform !== 'linux') return null;
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime ? `glibc ${header.glibcVersionRuntime}` : 'musl or another';
}
