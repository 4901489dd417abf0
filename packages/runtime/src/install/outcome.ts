import type { Installation } from './installation.js';

/** One way that was tried and did not do. */
export interface FailedAttempt {
  /** The way, as a phrase: `the Python wheel tensorflow-cpu 2.21.0`. */
  readonly what: string;
  readonly reason: string;
  /** What the user can do about it, where something can be done. */
  readonly fix?: string;
}

export interface InstallOutcome {
  /** `present`: it was there already. `impossible`: no way led to one; `attempts` says why. */
  readonly status: 'present' | 'installed' | 'impossible';
  readonly installation: Installation | null;
  /** The ways tried before the one that did, in order. */
  readonly attempts: readonly FailedAttempt[];
  readonly cacheDir: string;
}
