import { join } from 'node:path';
import type { TensorFlowManifest } from './cache-folders.js';
import { inWorkFolder, publish } from './cache-folders.js';
import { StepImpossible } from './errors.js';
import type { Job } from './job.js';
import type { TensorFlowBuild } from './pins.js';
import type { TensorFlowCopy } from './tensorflow-copy.js';
import { cachedCopy, readTensorFlowFolder } from './tensorflow-copy.js';
import type { Toolbox } from './toolbox.js';
import { linkUnversioned, unpackWheels } from './wheels.js';

/**
 * Gets TensorFlow from its Python wheel: library and headers, no Python. Later requirements are checked first, so that nobody
 * waits for a useless download.
 */
export async function wheelCopy(job: Job, tools: Toolbox, build: TensorFlowBuild): Promise<TensorFlowCopy> {
  const known = await cachedCopy(job.layout, build.key);
  if (known) return known;
  checkLibc();
  const pip = await tools.pip();
  await tools.compiler();
  await inWorkFolder(job.layout, 'tensorflow', async (dir) => {
    const names = await unpackWheels(job, pip, build.wheels, dir);
    const libraries = names.filter((name) => /^[^/]+\/libtensorflow[^/]*$/.test(name));
    await linkUnversioned(join(dir, 'tensorflow'), libraries);
    if (!readTensorFlowFolder(dir)) {
      throw new StepImpossible('the wheel does not hold the library and headers that it should');
    }
    await publish<TensorFlowManifest>(
      job.layout,
      dir,
      join(job.layout.tensorflow, build.key),
      names.filter(
        (name) => libraries.includes(name) || name.startsWith('nvidia/') || name.endsWith('/c_api.h'),
      ),
      {
        key: build.key,
        source: 'wheel',
        version: build.version,
        gpu: build.gpu,
        sha256: Object.fromEntries(build.wheels.map((wheel) => [wheel.project, wheel.sha256])),
      },
    );
  });
  const copy = await cachedCopy(job.layout, build.key);
  if (!copy) throw new StepImpossible(`what was unpacked to ${job.layout.tensorflow} cannot be read back`);
  return copy;
}

/** Checks for glibc, which the wheels need. Systems with musl (Alpine) cannot load them. */
function checkLibc(): void {
  if (process.platform !== 'linux') return;
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  if (header.glibcVersionRuntime) return;
  throw new StepImpossible('this system has another C library than glibc, and the wheel needs glibc', {
    fix: 'Use a glibc system (Debian, Ubuntu, Fedora, …; for containers an image such as node:22-slim, not -alpine).',
  });
}
