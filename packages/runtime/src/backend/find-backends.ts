import { createRequire } from 'node:module';
import { findInstallation } from '../install/find-installation.js';
import { NOT_INSTALLED } from './load-native.js';
import type { BackendName } from './types.js';

/** One backend and whether it can be had here. */
export interface BackendReport {
  readonly name: BackendName;
  readonly available: boolean;
  /** What it is, or why it cannot be had and what to do about it. */
  readonly reason: string;
}

/** Which backends this machine has, best first, told from files alone: nothing is loaded. */
export async function findBackends(): Promise<readonly BackendReport[]> {
  return [await nativeReport(), packageReport('wasm'), packageReport('cpu')];
}

async function nativeReport(): Promise<BackendReport> {
  const installation = await findInstallation();
  if (!installation) return { name: 'tensorflow', available: false, reason: NOT_INSTALLED };
  const { tensorflowVersion, tensorflowDir, gpu } = installation;
  const reason = `TensorFlow ${tensorflowVersion}${gpu ? ' with GPU support' : ''} in ${tensorflowDir}`;
  return { name: 'tensorflow', available: true, reason };
}

function packageReport(name: 'wasm' | 'cpu'): BackendReport {
  const packageName = `@tensorflow/tfjs-backend-${name}`;
  try {
    createRequire(import.meta.url).resolve(packageName);
    return { name, available: true, reason: packageName };
  } catch {
    return { name, available: false, reason: `the npm package ${packageName} is missing: run npm install.` };
  }
}
