import type { CacheLayout } from './cache-layout.js';
import type { PlatformPins } from './pins.js';
import type { InstallListener } from './progress.js';

/** Parameters of one installation, passed to every step. */
export interface Job {
  readonly layout: CacheLayout;
  /** Pinned downloads for this platform; undefined if there are none. */
  readonly pins: PlatformPins | undefined;
  /** Digest of tfjs-node-gpu's npm tarball, in npm's format. */
  readonly tfjsIntegrity: string;
  /** Whether there is an NVIDIA driver. */
  readonly gpu: boolean;
  /** Whether an installed CPU build is enough. */
  readonly keepCpuBuild: boolean;
  readonly signal: AbortSignal | undefined;
  readonly report: InstallListener;
}

/** This platform in messages, such as `linux x64`. */
export const platformName: string = `${process.platform} ${process.arch}`;
