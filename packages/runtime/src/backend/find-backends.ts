import { createRequire } from 'node:module';
import { findInstallation } from '../install/find-installation.js';
import { NOT_INSTALLED } from './load-native.js';
import type { BackendName } from './types.js';

/** A backend and whether it is available on this machine. */
export interface BackendReport {
  readonly name: BackendName;
  readonly available: boolean;
  /** Version and place, or the reason why it is not available and the remedy. */
  readonly reason: string;
}

/** Lists the backends, best first, with their availability. It looks at files only and loads nothing. */
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
