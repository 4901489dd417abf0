import { rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { checkSpace } from './check-space.js';
import { fetchWheel } from './fetch-wheel.js';
import type { Job } from './job.js';
import type { PinnedWheel } from './pins.js';
import type { Pip } from './pip.js';
import { unzip } from './unzip.js';

/**
 * Downloads wheels and unpacks side by side what is wanted of them, one after the other, so that the disk holds one
 * wheel at a time.
 *
 * @param dir where the members go
 * @returns the names unpacked
 */
export async function unpackWheels(
  job: Job,
  pip: Pip,
  wheels: readonly PinnedWheel[],
  dir: string,
): Promise<string[]> {
  const largest = Math.max(...wheels.map((wheel) => wheel.bytes));
  await checkSpace(job, largest + wheels.reduce((sum, wheel) => sum + wheel.unpackedBytes, 0));
  const names: string[] = [];
  for (const wheel of wheels) {
    const name = `${wheel.project} ${wheel.version}`;
    const progress = (total: number) => (done: number) =>
      job.report({ kind: 'progress', done: Math.min(done, total), total });

    job.report({ kind: 'step', text: `downloading ${name} (${Math.round(wheel.bytes / 1e6)} MB, with pip)` });
    const download = join(dir, '.download');
    const path = await fetchWheel(job, pip, wheel, download, progress(wheel.bytes));

    job.report({ kind: 'step', text: `unpacking ${name}` });
    const show = progress(wheel.unpackedBytes);
    let done = 0;
    const onBytes = (bytes: number) => {
      done += bytes;
      show(done);
    };
    names.push(...(await unzip(path, dir, wheel.take, { signal: job.signal, onBytes })));
    await rm(download, { recursive: true });
  }
  return names;
}

/** Adds the names without a version that `-ltensorflow_cc` looks for. */
export async function linkUnversioned(libraryDir: string, names: readonly string[]): Promise<void> {
  for (const name of names.map((path) => basename(path))) {
    const plain = name.replace(/\.so(\.\d+)+$/, '.so').replace(/(\.\d+)+\.dylib$/, '.dylib');
    if (plain !== name) await symlink(name, join(libraryDir, plain));
  }
}
