import os from 'node:os';
import process from 'node:process';
import { usesFusedOps } from '@fin/kernels';
import { currentTensorFlow } from '@fin/runtime';
import type { Precision } from '../core/policy.js';
import type { PrecisionRecord } from './describe-precision.js';
import { describePrecision } from './describe-precision.js';

/** `environment.json`: the machine and software of a run. */
export interface RunEnvironment {
  readonly backend: string;
  /** Version of libtensorflow on the native backend, of tfjs elsewhere. */
  readonly tensorflowVersion: string;
  /** Whether the fused ops of @fin/kernels were used. */
  readonly fusedOps: boolean;
  /** The requested precision and how the machine computes it. */
  readonly precision: PrecisionRecord;
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  /** Reasons why faster backends were not used. */
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
