import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Manifest } from './cache-folders.js';
import { inWorkFolder, publish, readManifest } from './cache-folders.js';
import type { CacheLayout } from './cache-layout.js';
import { cacheLayout } from './cache-layout.js';
import { nodeApiHeaders } from './compiler.js';
import { InstallInterrupted, StepImpossible } from './errors.js';
import type { Job } from './job.js';
import { NAPI_VERSION } from './pins.js';
import { lastLines, runProcess } from './processes.js';
import { availableCompiler } from './zig.js';

const SOURCE = fileURLToPath(new URL('../../native/stderr-filter.cc', import.meta.url));
const FILE = 'stderr-filter.node';
const COMPILE_MS = 10 * 60_000;

/** Path of the compiled addon `native/stderr-filter.cc` in the cache; null if it is not there. */
export async function findStderrFilter(layout: CacheLayout = cacheLayout()): Promise<string | null> {
  const place = await folderOf(layout);
  return (await readManifest(place)) && join(place, FILE);
}

/**
 * Compiles the addon into the cache if it is not there. A failure is a note: without the addon TensorFlow prints its start-up lines,
 * and everything else works.
 */
export async function ensureStderrFilter(job: Job): Promise<void> {
  try {
    if (await findStderrFilter(job.layout)) return;
    await mkdir(job.layout.root, { recursive: true });
    const place = await folderOf(job.layout);
    await inWorkFolder(job.layout, 'stderr-filter', async (dir) => {
      await compile(job, join(dir, FILE));
      await publish<Manifest>(job.layout, dir, place, [FILE], {});
    });
  } catch (error) {
    if (error instanceof InstallInterrupted || job.signal?.aborted) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    job.report({ kind: 'note', text: `TensorFlow will print its start-up lines: ${reason}` });
  }
}

async function compile(job: Job, output: string): Promise<void> {
  const { compiler } = await availableCompiler();
  if (!compiler) throw new StepImpossible('there is no C++ compiler to build what hides them');
  const [program, ...first] = compiler.command;
  const flags = ['-O2', '-std=c++17', '-fPIC', '-shared', `-DNAPI_VERSION=${NAPI_VERSION}`];
  if (process.platform === 'darwin') flags.push('-undefined', 'dynamic_lookup');
  const args = [...first, ...flags, `-I${nodeApiHeaders()}`, SOURCE, '-o', output];
  const result = await runProcess(program, args, {
    env: compiler.env,
    signal: job.signal,
    timeoutMs: COMPILE_MS,
  });
  if (result.code === 0) return;
  throw new StepImpossible(`${compiler.name} could not compile ${SOURCE}: ${lastLines(result.stderr, 2)}`);
}

async function folderOf(layout: CacheLayout): Promise<string> {
  const parts = [await readFile(SOURCE, 'utf8'), process.platform, process.arch, NAPI_VERSION];
  const key = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
  return join(layout.root, 'stderr-filter', key);
}
