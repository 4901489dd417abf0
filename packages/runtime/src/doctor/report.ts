import type { Installation } from '../install/installation.js';

/** Processor features that decide how fast a precision runs. */
export interface CpuFeatures {
  /** 256-bit float32 arithmetic with fused multiply-add. */
  readonly avx2: boolean;
  /** 512-bit float32 arithmetic. */
  readonly avx512: boolean;
  /** bfloat16 products in the 512-bit units. */
  readonly avx512Bf16: boolean;
  /** bfloat16 matrix units. */
  readonly amxBf16: boolean;
  /** Arm's bfloat16 instructions. */
  readonly armBf16: boolean;
}

export interface CpuReport {
  readonly model: string;
  readonly features: CpuFeatures;
  /** Physical cores; null if unknown. */
  readonly cores: number | null;
  /** Threads that this process can run in parallel. */
  readonly threads: number;
}

export interface GpuReport {
  /** Version of the NVIDIA driver; null if none answers. */
  readonly driver: string | null;
  readonly devices: readonly { readonly name: string; readonly memoryBytes: number }[];
}

/** A required program: which one was found, or why none is usable. */
export interface ToolReport {
  readonly found: string | null;
  readonly problem: string | null;
}

export interface CacheReport {
  readonly dir: string;
  readonly writable: boolean;
  /** Bytes by part of the cache, such as `tensorflow`. */
  readonly bytes: Readonly<Record<string, number>>;
}

/** One thing that is missing or worth knowing. */
export interface Finding {
  /** `missing`: something that could be installed. `note`: a property of the machine. */
  readonly kind: 'missing' | 'note';
  readonly what: string;
  /** Consequence, as a sentence. */
  readonly cost: string;
  /** Command or change that fixes it; absent if nothing does. */
  readonly fix?: string;
}

/** Result of `doctor`. All sizes are in bytes. */
export interface DoctorReport {
  readonly platform: { readonly name: string; readonly release: string; readonly libc: string | null };
  readonly node: { readonly version: string; readonly path: string };
  readonly cpu: CpuReport;
  readonly memory: { readonly totalBytes: number; readonly freeBytes: number };
  readonly gpu: GpuReport;
  readonly pip: ToolReport;
  readonly compiler: ToolReport;
  readonly cache: CacheReport;
  /** The native TensorFlow that would be loaded; null if none is installed. */
  readonly installation: Installation | null;
  readonly backend: { readonly name: string; readonly reason: string };
  readonly findings: readonly Finding[];
}
