import os from 'node:os';
import process from 'node:process';
import { hasKernel } from '@fin/kernels';
import { currentTensorFlow } from '@fin/runtime';

/** `environment.json`: where a run was computed. */
export interface RunEnvironment {
  readonly backend: string;
  /** Of libtensorflow on the native backend, of tfjs elsewhere. */
  readonly tensorflowVersion: string;
  /** Whether the fused ops of @fin/kernels were used. */
  readonly fusedOps: boolean;
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  /** Why better backends were passed over. */
  readonly notes: readonly string[];
}

/** The environment of this process. */
export function describeEnvironment(): RunEnvironment {
  const { backend, version, notes } = currentTensorFlow();
  const cpus = os.cpus();
  return {
    backend,
    tensorflowVersion: version,
    fusedOps: hasKernel('FinPackedAttention'),
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    notes,
  };
}
