import os from 'node:os';
import process from 'node:process';
import { usesFusedOps } from '@fin/kernels';
import { currentTensorFlow } from '@fin/runtime';
import type { Precision } from '../core/policy.js';
import type { PrecisionRecord } from './describe-precision.js';
import { describePrecision } from './describe-precision.js';

/** `environment.json`: where a run was computed. */
export interface RunEnvironment {
  readonly backend: string;
  /** Of libtensorflow on the native backend, of tfjs elsewhere. */
  readonly tensorflowVersion: string;
  /** Whether the fused ops of @fin/kernels were used. */
  readonly fusedOps: boolean;
  /** The precision asked for and what the machine makes of it. */
  readonly precision: PrecisionRecord;
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  /** Why better backends were passed over. */
  readonly notes: readonly string[];
}

/** The environment of this process, for a run in this precision. */
export function describeEnvironment(precision: Precision): RunEnvironment {
  const { backend, version, notes } = currentTensorFlow();
  const cpus = os.cpus();
  return {
    backend,
    tensorflowVersion: version,
    fusedOps: usesFusedOps(),
    precision: describePrecision(precision),
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    notes,
  };
}
