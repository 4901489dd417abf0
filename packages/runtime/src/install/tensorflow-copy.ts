import { createHash } from 'node:crypto';
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TensorFlowManifest } from './cache-folders.js';
import { readManifest } from './cache-folders.js';
import type { CacheLayout } from './cache-layout.js';
import { InstallInputError } from './errors.js';
import type { TensorFlowSource } from './installation.js';
import { NAPI_VERSION, TFJS_NODE } from './pins.js';

/** The parts of a folder that holds a TensorFlow library, in whatever shape it was published. */
export interface TensorFlowFolder {
  readonly libraryDir: string;
  readonly includeDir: string;
  /** The libraries to link with, as file names in `libraryDir`. */
  readonly libraries: readonly string[];
}

/** Versioned names first: they are the ones the loader looks for. */
const LIBRARY_NAME = /^libtensorflow(_cc|_framework)?(\.so(\.\d+)*|(\.\d+)*\.dylib)$/;

/**
 * Finds library and headers in a wheel's `tensorflow/` folder (or the folder that holds it) and in an unpacked
 * libtensorflow tarball (`lib/`, `include/`). Null where there is nothing of the kind.
 */
export function readTensorFlowFolder(dir: string): TensorFlowFolder | null {
  const shapes = [
    [dir, join(dir, 'include')],
    [join(dir, 'lib'), join(dir, 'include')],
    [join(dir, 'tensorflow'), join(dir, 'tensorflow', 'include')],
  ] as const;
  for (const [libraryDir, includeDir] of shapes) {
    if (!isFile(join(includeDir, 'tensorflow', 'c', 'c_api.h'))) continue;
    const names = namesIn(libraryDir);
    const main = pick(names, 'libtensorflow_cc') ?? pick(names, 'libtensorflow');
    const framework = pick(names, 'libtensorflow_framework');
    if (main && framework) return { libraryDir, includeDir, libraries: [main, framework] };
  }
  return null;
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir).filter((name) => LIBRARY_NAME.test(name) && isFile(join(dir, name)));
  } catch {
    return [];
  }
}

/** Regular files only: a pipe of that name would hold up the linker for ever. */
function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Of `libx.so`, `libx.so.2` and `libx.so.2.9.1` the one with one number, which is the name recorded inside. */
function pick(names: readonly string[], stem: string): string | undefined {
  const own = names.filter((name) => name.startsWith(`${stem}.`));
  return own.find((name) => /\.so\.\d+$|^[^.]+\.\d+\.dylib$/.test(name)) ?? own[0];
}

/** A TensorFlow that is complete on disk, with or without a binding. */
export interface TensorFlowCopy extends TensorFlowFolder {
  /** Its folder in the cache, or what `folderKey` says of one outside. */
  readonly key: string;
  readonly source: TensorFlowSource;
  /** A binding that came with it, for the case that none can be compiled. */
  readonly prebuilt?: string;
}

/** Names the folder of a compiled binding after everything it depends on. `tensorflow` is a key in the cache or a {@link folderKey}. */
export function bindingKey(tensorflow: string, root: string): string {
  const parts = [tensorflow, root, TFJS_NODE.version, process.platform, process.arch, `napi${NAPI_VERSION}`];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

/** Names a TensorFlow outside the cache by place, size and time of its libraries: replaced files ask for a new binding. */
export function folderKey(folder: TensorFlowFolder): string {
  const facts = folder.libraries.map((name) => {
    const { size, mtimeMs } = statSync(join(folder.libraryDir, name));
    return `${name}:${size}:${mtimeMs}`;
  });
  return `folder:${realpathSync(folder.libraryDir)}:${facts.join(',')}`;
}

/** The complete TensorFlow of this key in the cache, or null. */
export async function cachedCopy(layout: CacheLayout, key: string): Promise<TensorFlowCopy | null> {
  const dir = join(layout.tensorflow, key);
  const manifest = await readManifest<TensorFlowManifest>(dir);
  const folder = manifest && readTensorFlowFolder(dir);
  return folder && { ...folder, key, source: manifest.source };
}

/**
 * The TensorFlow that `FIN_TENSORFLOW_DIR` names, used where it lies.
 *
 * @throws InstallInputError where the folder does not hold one
 */
export function namedFolder(name: string): TensorFlowCopy {
  const dir = resolve(name);
  if (!existsSync(dir)) {
    throw new InstallInputError(
      `FIN_TENSORFLOW_DIR names ${dir}, which is not there. Correct it, or unset it.`,
    );
  }
  const folder = readTensorFlowFolder(dir);
  if (!folder) {
    throw new InstallInputError(
      `FIN_TENSORFLOW_DIR names ${dir}, which is not a TensorFlow that can be linked. It must hold ` +
        'libtensorflow_cc (or libtensorflow) with libtensorflow_framework, beside `include/` (as the folder ' +
        '`tensorflow` of the Python package does) or in `lib/` beside `include/` (as the libtensorflow archive ' +
        'does), and include/tensorflow/c/c_api.h. Correct it, or unset it.',
    );
  }
  return { ...folder, key: folderKey(folder), source: 'folder' };
}
