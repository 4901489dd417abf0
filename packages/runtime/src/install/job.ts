import type { CacheLayout } from './cache-layout.js';
import type { InstallListener } from './events.js';
import type { PlatformPins } from './pins.js';

/** What every step of one installation is given. */
export interface Job {
  readonly layout: CacheLayout;
  /** The pins of this platform, or undefined where none are known. */
  readonly pins: PlatformPins | undefined;
  /** Whether an NVIDIA driver is there to use. */
  readonly gpu: boolean;
  readonly signal: AbortSignal | undefined;
  readonly report: InstallListener;
}

/** `linux x64`, as this machine calls itself in messages. */
export const platformName: string = `${process.platform} ${process.arch}`;
