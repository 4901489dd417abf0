import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hashFile, untar } from './archives.js';
import type { Manifest } from './cache-folders.js';
import { inWorkFolder, publish, readManifest } from './cache-folders.js';
import type { CacheLayout } from './cache-layout.js';
import { StepImpossible } from './errors.js';
import type { Job } from './job.js';
import { TFJS_NODE } from './pins.js';
import { findProgram, lastLines, runProcess } from './processes.js';

/** Time limit; npm retries for minutes if the registry does not answer. */
const NPM_MS = 180_000;

export const tfjsNodeDir = (layout: CacheLayout): string => join(layout.tfjsNode, 'package');

/**
 * Downloads the npm tarball of tfjs-node-gpu into the cache: its JavaScript and the sources of its binding. It is not a
 * dependency of this package, because its install script downloads from a host that many networks block, and `npm install` would
 * fail there. Unpacked here, none of its scripts run.
 */
export async function fetchTfjsNode(job: Job): Promise<void> {
  if (await readManifest(job.layout.tfjsNode)) return;
  job.report({ kind: 'step', text: `downloading the sources of ${TFJS_NODE.name} ${TFJS_NODE.version}` });
  const npm = findNpm();
  await inWorkFolder(job.layout, 'tfjs-node', async (dir) => {
    const spec = `${TFJS_NODE.name}@${TFJS_NODE.version}`;
    const result = await runProcess(npm, ['pack', spec, '--ignore-scripts', '--pack-destination', dir], {
      signal: job.signal,
      timeoutMs: NPM_MS,
    });
    const tgz = (await readdir(dir)).find((name) => name.endsWith('.tgz'));
    if (result.code !== 0 || !tgz) {
      const complaint = result.timedOut
        ? 'no answer'
        : lastLines(result.stderr || `exit code ${result.code}`, 3);
      throw new StepImpossible(`npm could not download ${spec}: ${complaint}`, {
        fix: 'Check that npm reaches its registry (`npm ping`).',
      });
    }
    const integrity = `sha512-${await hashFile(join(dir, tgz), 'sha512', 'base64')}`;
    if (integrity !== job.tfjsIntegrity) {
      throw new StepImpossible(
        `the registry gave another ${tgz} than the one known to be good (${integrity}, expected ${job.tfjsIntegrity})`,
        { fix: 'Point npm at a registry that carries the original files, such as the public one.' },
      );
    }
    const content = join(dir, 'content');
    const names = await untar(join(dir, tgz), content);
    const kept = names.filter((name) => /^package\/(package\.json|dist\/.*\.js|binding\/.*)$/.test(name));
    await publish<Manifest>(job.layout, content, job.layout.tfjsNode, kept, {});
  });
}

/** @throws StepImpossible if there is no npm */
export function findNpm(): string {
  const npm = findProgram('npm') ?? findProgram(join(dirname(process.execPath), 'npm'));
  if (npm) return npm;
  throw new StepImpossible('there is no npm on the PATH', {
    fix: 'Install npm (it comes with Node from nodejs.org; Debian: `sudo apt install npm`).',
  });
}
