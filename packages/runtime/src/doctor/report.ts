import type { Installation } from '../install/installation.js';

/** What the processor offers that decides how fast a precision runs. */
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
  /** Physical cores; null where the system does not say. */
  readonly cores: number | null;
  /** Threads that this process may run at once. */
  readonly threads: number;
}

export interface GpuReport {
  /** Of the NVIDIA driver; null where none answers. */
  readonly driver: string | null;
  readonly devices: readonly { readonly name: string; readonly memoryBytes: number }[];
}

/** A program that was looked for: what was found, or why none will do. */
export interface ToolReport {
  readonly found: string | null;
  readonly problem: string | null;
}

export interface CacheReport {
  readonly dir: string;
  readonly writable: boolean;
  /** Bytes by part of the cache. */
  readonly bytes: Readonly<Record<string, number>>;
}

/** Something missing or worth knowing. */
export interface Finding {
  /** `missing`: something could be had that is not there. `note`: a fact to plan with. */
  readonly kind: 'missing' | 'note';
  readonly what: string;
  /** What it costs, in plain words. */
  readonly cost: string;
  /** The command or change that mends it, where one does. */
  readonly fix?: string;
}

/** What the machine has, as `doctor` found it. Sizes in bytes. */
export interface DoctorReport {
  readonly platform: { readonly name: string; readonly release: string; readonly libc: string | null };
  readonly node: { readonly version: string; readonly path: string };
  readonly cpu: CpuReport;
  readonly memory: { readonly totalBytes: number; readonly freeBytes: number };
  readonly gpu: GpuReport;
  readonly pip: ToolReport;
  readonly compiler: ToolReport;
  readonly cache: CacheReport;
  /** The native TensorFlow that would be loaded. */
  readonly installation: Installation | null;
  readonly backend: { readonly name: string; readonly reason: string };
  readonly findings: readonly Finding[];
}
