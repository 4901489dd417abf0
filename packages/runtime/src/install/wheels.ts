import { mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { hashFile, unzip } from './archives.js';
import { checkSpace, folderBytes } from './disk.js';
import { StepImpossible } from './errors.js';
import type { Job } from './job.js';
import type { PinnedWheel } from './pins.js';
import { PYTHON_TAG } from './pins.js';
import type { Pip } from './pip.js';
import { pipComplaint } from './pip.js';

/**
 * Downloads wheels and unpacks the needed members into one folder. It handles one wheel at a time, so that the disk holds only
 * one.
 *
 * @param dir folder for the members
 * @returns the names of the unpacked members
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

/** Adds links without a version, which `-ltensorflow_cc` searches for. */
export async function linkUnversioned(libraryDir: string, names: readonly string[]): Promise<void> {
  for (const name of names.map((path) => basename(path))) {
    const plain = name.replace(/\.so(\.\d+)+$/, '.so').replace(/(\.\d+)+\.dylib$/, '.dylib');
    if (plain !== name) await symlink(name, join(libraryDir, plain));
  }
}

/** Interval for measuring the downloaded bytes. */
const LOOK_MS = 500;
/** Time without new bytes after which a download has failed; pip itself may retry for much longer. */
const STALL_MS = 150_000;

/**
 * Downloads one wheel with pip and checks its digest. Nothing is installed, run or cached.
 *
 * @param onBytes called with the number of bytes downloaded so far
 * @returns path of the wheel
 * @throws StepImpossible if pip fails, or the file is not the pinned one
 */
export async function fetchWheel(
  job: Job,
  pip: Pip,
  wheel: PinnedWheel,
  dir: string,
  onBytes: (bytes: number) => void,
): Promise<string> {
  await mkdir(dir, { recursive: true });
  const stalled = new AbortController();
  const watch = watchFolder(dir, onBytes, () => stalled.abort());
  const name = `${wheel.project} ${wheel.version}`;
  try {
    const result = await pip.run(
      [
        'download',
        '--no-deps',
        '--only-binary=:all:',
        ...['--python-version', PYTHON_TAG],
        ...['--platform', wheel.platform],
        ...['--dest', dir],
        '--no-cache-dir',
        '--disable-pip-version-check',
        '--no-input',
        '--quiet',
        `${wheel.project}==${wheel.version}`,
      ],
      {
        // Makes pip unpack beside its target: /tmp may be small.
        env: { TMPDIR: dir },
        signal: job.signal ? AbortSignal.any([job.signal, stalled.signal]) : stalled.signal,
      },
    );
    if (result.code !== 0) {
      throw new StepImpossible(`pip could not download ${name}: ${pipComplaint(result)}`, {
        fix: "Check that pip reaches a package index (`python3 -m pip download six` is a quick test; a proxy or mirror goes into pip's own configuration).",
      });
    }
  } catch (error) {
    if (!stalled.signal.aborted || job.signal?.aborted) throw error;
    throw new StepImpossible(`pip downloaded nothing of ${name} for ${STALL_MS / 1000} seconds`, {
      fix: "Check the network connection and pip's configuration (index, proxy).",
      cause: error,
    });
  } finally {
    clearInterval(watch);
  }
  const file = (await readdir(dir)).find((entry) => entry.endsWith('.whl'));
  if (!file) throw new StepImpossible(`pip downloaded ${name} but left no wheel`);
  const path = join(dir, file);
  const sha256 = await hashFile(path, 'sha256', 'hex');
  if (sha256 !== wheel.sha256) {
    await rm(path);
    throw new StepImpossible(
      `the index gave another ${file} than the one known to be good (sha256 ${sha256}, expected ${wheel.sha256}); it was deleted unopened`,
      { fix: 'Point pip at an index that carries the original files, such as PyPI itself.' },
    );
  }
  return path;
}

function watchFolder(dir: string, onBytes: (bytes: number) => void, onStall: () => void): NodeJS.Timeout {
  let bytes = 0;
  let since = Date.now();
  return setInterval(async () => {
    const now = await folderBytes(dir);
    if (now !== bytes) {
      bytes = now;
      since = Date.now();
      onBytes(bytes);
    } else if (Date.now() - since > STALL_MS) {
      onStall();
    }
  }, LOOK_MS);
}
