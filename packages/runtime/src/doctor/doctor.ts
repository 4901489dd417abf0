import { freemem, release, totalmem } from 'node:os';
import { findInstallation } from '../install/find-installation.js';
import type { Installation } from '../install/installation.js';
import { platformName } from '../install/job.js';
import { findingsOf } from './findings.js';
import { examineCache, examineCompiler, examineCpu, examineGpu, examinePip } from './machine.js';
import type { DoctorReport } from './report.js';

/**
 * Examines the machine: what there is to compute with, which backend will be used, what is missing and what that costs.
 * Starts a few programs (pip, a compiler, nvidia-smi) and takes a second or two; loads no TensorFlow, fetches nothing.
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
