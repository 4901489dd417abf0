import type { CacheLayout } from './cache-layout.js';
import type { PlatformPins } from './pins.js';
import type { InstallListener } from './progress.js';

/** What every step of one installation is given. */
export interface Job {
  readonly layout: CacheLayout;
  /** The pins of this platform, or undefined where none are known. */
  readonly pins: PlatformPins | undefined;
  /** Digest of tfjs-node-gpu's npm tarball, as npm writes it. */
  readonly tfjsIntegrity: string;
  /** Whether an NVIDIA driver is there to use. */
  readonly gpu: boolean;
  /** Whether a CPU build that is there already will do all the same. */
  readonly keepCpuBuild: boolean;
  readonly signal: AbortSignal | undefined;
  readonly report: InstallListener;
}

/** `linux x64`, as this machine calls itself in messages. */
export const platformName: string = `${process.platform} ${process.arch}`;
