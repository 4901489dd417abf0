import { cacheLayout } from './cache-layout.js';
import type { AvailableCompiler } from './compiler.js';
import { findCompiler } from './find-compiler.js';
import { platformPins } from './pinned-wheels.js';
import { findZig } from './zig.js';

/**
 * The C++ compiler of the system that works, else zig where an installation has left it in the cache, else null. Tries the
 * compiler on three lines; fetches nothing.
 */
export async function availableCompiler(): Promise<AvailableCompiler> {
  const { compiler, passedOver } = await findCompiler();
  return { compiler: compiler ?? (await findZig(cacheLayout(), platformPins())), passedOver };
}
