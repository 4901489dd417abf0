import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from './cache-folders.js';
import { inWorkFolder, publish, readManifest } from './cache-folders.js';
import type { CacheLayout } from './cache-layout.js';
import { cacheLayout } from './cache-layout.js';
import type { AvailableCompiler, Compiler } from './compiler.js';
import { findCompiler } from './compiler.js';
import { StepImpossible } from './errors.js';
import type { Job } from './job.js';
import { platformName } from './job.js';
import type { PlatformPins } from './pins.js';
import { platformPins } from './pins.js';
import type { Pip } from './pip.js';
import { unpackWheels } from './wheels.js';

const PROGRAM = join('ziglang', 'zig');

/** glibc version to link the binding for: close to the version that TensorFlow's wheels need. It also runs on newer systems. */
const GLIBC = '2.28';

/** The compiler from the wheel `ziglang`, if it is in the cache; otherwise null. */
export async function findZig(layout: CacheLayout, pins: PlatformPins | undefined): Promise<Compiler | null> {
  if (!pins) return null;
  const dir = join(layout.zig, pins.zig.version);
  if (!(await readManifest(dir))) return null;
  const arch = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const target = process.platform === 'linux' ? ['-target', `${arch}-linux-gnu.${GLIBC}`] : [];
  return {
    command: [join(dir, PROGRAM), 'c++', ...target],
    kind: 'zig',
    name: `zig c++ ${pins.zig.version}`,
    env: { ZIG_GLOBAL_CACHE_DIR: layout.zigCache, ZIG_LOCAL_CACHE_DIR: layout.zigCache },
  };
}

/** Downloads the wheel `ziglang`, a complete C++ compiler with headers, unless it is in the cache. */
export async function fetchZig(job: Job, findPip: () => Promise<Pip>): Promise<Compiler> {
  const { layout, pins } = job;
  if (!pins) throw new StepImpossible(`no wheel of the zig compiler is known for ${platformName}`);
  const known = await findZig(layout, pins);
  if (known) return known;
  const pip = await findPip();
  await inWorkFolder(layout, 'zig', async (dir) => {
    await unpackWheels(job, pip, [pins.zig], dir);
    await publish<Manifest>(layout, dir, join(layout.zig, pins.zig.version), [PROGRAM], {});
  });
  await mkdir(layout.zigCache, { recursive: true });
  const fetched = await findZig(layout, pins);
  if (!fetched) throw new StepImpossible(`the wheel ${pins.zig.project} ${pins.zig.version} holds no zig`);
  return fetched;
}

/**
 * The C++ compiler that can be used without a download: the system's, otherwise zig if it is in the cache. Each candidate
 * compiles three lines first.
 */
export async function availableCompiler(): Promise<AvailableCompiler> {
  const { compiler, passedOver } = await findCompiler();
  return { compiler: compiler ?? (await findZig(cacheLayout(), platformPins())), passedOver };
}
