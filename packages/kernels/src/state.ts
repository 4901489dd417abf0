import { env } from 'node:process';
import { hasNativeOps } from '@fin/runtime';
import type * as tf from '@tensorflow/tfjs-core';

/** Exports of the compiled addon. */
export interface KernelsAddon {
  /** Reason why the ops could not be registered; empty on success. */
  readonly problem: string;
  instructionSets(): string[];
  encoderUnits(): string[];
  int8Units(): string[];
  describe(): {
    instructionSet: string;
    threads: number;
    encoderUnit: string;
    int8Unit: string;
    multipliesBfloat16: boolean;
  };
  choose(instructionSet: string, threads: number): boolean;
  chooseEncoder(unit: string): boolean;
  chooseInt8(unit: string): boolean;
}

/** Result of `loadKernels`: whether the fused ops are available, and how they compute. */
export interface KernelsReport {
  /** Whether the fused ops are registered with TensorFlow. If not, every op runs as its composed twin. */
  readonly available: boolean;
  /** `avx512`, `avx2` or `baseline` (SSE2, NEON); null if not available. */
  readonly instructionSet: string | null;
  /** Threads per op; 0 if not available. */
  readonly threads: number;
  /** Whether `FinMatMul` multiplies bfloat16 matrices, because the processor has no bfloat16 instructions. */
  readonly bfloat16Products: boolean;
  /**
   * What multiplies in bfloat16 in the encoder op: `amx`, `avx512bf16`, or `vectors` of the instruction set, which compute in
   * float32. Null if not available.
   */
  readonly encoderUnit: string | null;
  /**
   * What multiplies weights and activations in int8: `amx`, `avx512vnni`, or `vectors` of the instruction set, which add products of
   * 16-bit integers. Null if not available.
   */
  readonly int8Unit: string | null;
  /** Compiler that built the ops, such as `g++`; null if not available. */
  readonly compiler: string | null;
  /** Reasons why the fused ops are not available, one sentence each; empty if they are. */
  readonly notes: readonly string[];
}

interface KernelsState {
  addon: KernelsAddon | null;
  /** Set once the ops are registered. */
  report: KernelsReport | null;
  loading: Promise<unknown>;
  /** Empty tensors passed for absent inputs, by dtype. */
  readonly none: Map<string, tf.Tensor>;
  /** Data of the weights for dynamic quantization. */
  readonly dynamicInt8: WeakSet<object>;
}

/** TensorFlow has one op registry per process, so all copies of this package share one state. */
const STATE_KEY: unique symbol = Symbol.for('@fin/kernels/state/2') as never;

type GlobalWithState = typeof globalThis & { [STATE_KEY]?: KernelsState };

/** State of this process, created on first use. */
export function kernelsState(): KernelsState {
  const holder = globalThis as GlobalWithState;
  holder[STATE_KEY] ??= {
    addon: null,
    report: null,
    loading: Promise.resolve(),
    none: new Map(),
    dynamicInt8: new WeakSet(),
  };
  return holder[STATE_KEY];
}

/**
 * Whether ops run fused now: `loadKernels` has registered the fused ops, tfjs's current backend is the native one, and
 * `FIN_KERNELS` is not 0.
 */
export function usesFusedOps(): boolean {
  return kernelsState().addon !== null && fusedOpsApply();
}

/** What multiplies in int8 now, as the report's `int8Unit` says; null where no fused ops run. */
export function int8Unit(): string | null {
  return usesFusedOps() ? kernelsState().addon!.describe().int8Unit : null;
}

/** Whether the fused ops would run now, provided that they are registered. */
export function fusedOpsApply(): boolean {
  return hasNativeOps() && env.FIN_KERNELS !== '0';
}
