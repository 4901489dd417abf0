import type * as tf from '@tensorflow/tfjs-core';

/** The ops of the addon that have a twin. Each has its gradient op beside it. */
export const KERNEL_NAMES = ['FinGelu', 'FinLayerNorm', 'FinPackedAttention', 'FinDropout'] as const;

/** Name of a fused op. */
export type KernelName = (typeof KERNEL_NAMES)[number];

/** What the addon exports. */
export interface KernelsAddon {
  /** Empty, or why the ops are not registered. */
  readonly problem: string;
  instructionSets(): string[];
  describe(): { instructionSet: string; threads: number; multipliesBfloat16: boolean };
  choose(instructionSet: string, threads: number): boolean;
}

/** What is there of the fused ops in this process. */
export interface KernelsReport {
  /** Whether the fused ops are registered with TensorFlow; false: everything is composed of ordinary ops. */
  readonly available: boolean;
  /** `avx512`, `avx2` or `baseline` (SSE2, NEON); null where nothing is available. */
  readonly instructionSet: string | null;
  /** Threads that work on one op; 0 where nothing is available. */
  readonly threads: number;
  /** Whether `FinMatMul` computes the products of bfloat16 tensors, because the processor has no instructions for them. */
  readonly bfloat16Products: boolean;
  /** What compiled them, such as `g++`; null where nothing is available. */
  readonly compiler: string | null;
  /** Why the fused ops are not available, in plain sentences; empty where they are. */
  readonly notes: readonly string[];
}

interface KernelsState {
  addon: KernelsAddon | null;
  report: KernelsReport | null;
  loading: Promise<unknown>;
  /** Stand-ins for inputs that are not there, by dtype. */
  readonly none: Map<string, tf.Tensor>;
}

/** TensorFlow's registry of ops belongs to the process, so two copies of this package must see one state. */
const STATE_KEY: unique symbol = Symbol.for('@fin/kernels/state/1') as never;

type GlobalWithState = typeof globalThis & { [STATE_KEY]?: KernelsState };

/** The process-wide state, made on first use. */
export function kernelsState(): KernelsState {
  const holder = globalThis as GlobalWithState;
  holder[STATE_KEY] ??= { addon: null, report: null, loading: Promise.resolve(), none: new Map() };
  return holder[STATE_KEY];
}
