import { createHash } from 'node:crypto';
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TensorFlowManifest } from './cache-folders.js';
import { readManifest } from './cache-folders.js';
import type { CacheLayout } from './cache-layout.js';
import { InstallInputError } from './errors.js';
import type { TensorFlowSource } from './installation.js';
import { NAPI_VERSION, TFJS_NODE } from './pins.js';

/** A folder with a TensorFlow library and its headers. */
export interface TensorFlowFolder {
  readonly libraryDir: string;
  readonly includeDir: string;
  /** File names of the libraries in `libraryDir` that a binding is linked with. */
  readonly libraries: readonly string[];
}

/** Versioned names first: the loader searches for them. */
const LIBRARY_NAME = /^libtensorflow(_cc|_framework)?(\.so(\.\d+)*|(\.\d+)*\.dylib)$/;

/**
 * Finds library and headers in a folder: the wheel's `tensorflow/` folder, the folder that contains it, or an unpacked
 * libtensorflow archive (`lib/`, `include/`). Null if they are not there.
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

/** Whether a regular file is there. A pipe of that name would block the linker for ever. */
function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/**
 * Picks the name with one number among `libx.so`, `libx.so.2` and `libx.so.2.9.1`: it is the name that the library itself
 * records.
 */
function pick(names: readonly string[], stem: string): string | undefined {
  const own = names.filter((name) => name.startsWith(`${stem}.`));
  return own.find((name) => /\.so\.\d+$|^[^.]+\.\d+\.dylib$/.test(name)) ?? own[0];
}

/** A complete TensorFlow on disk, with or without a binding. */
export interface TensorFlowCopy extends TensorFlowFolder {
  /** Its key in the cache, or its `folderKey` if it is outside. */
  readonly key: string;
  readonly source: TensorFlowSource;
  /** Binding that came with it, used if none can be compiled. */
  readonly prebuilt?: string;
}

/**
 * Cache key of a compiled binding; covers everything that the binding depends on. `tensorflow` is a key in the cache or a {@link
 * folderKey}.
 */
export function bindingKey(tensorflow: string, root: string): string {
  const parts = [tensorflow, root, TFJS_NODE.version, process.platform, process.arch, `napi${NAPI_VERSION}`];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

/** Key of a TensorFlow outside the cache: place, sizes and times of its libraries. Replaced files need a new binding. */
export function folderKey(folder: TensorFlowFolder): string {
  const facts = folder.libraries.map((name) => {
    const { size, mtimeMs } = statSync(join(folder.libraryDir, name));
    return `${name}:${size}:${mtimeMs}`;
  });
  return `folder:${realpathSync(folder.libraryDir)}:${facts.join(',')}`;
}

/** The TensorFlow with this key in the cache, if it is complete; otherwise null. */
export async function cachedCopy(layout: CacheLayout, key: string): Promise<TensorFlowCopy | null> {
  const dir = join(layout.tensorflow, key);
  const manifest = await readManifest<TensorFlowManifest>(dir);
  const folder = manifest && readTensorFlowFolder(dir);
  return folder && { ...folder, key, source: manifest.source };
}

/**
 * The TensorFlow that `FIN_TENSORFLOW_DIR` names. It is used in place.
 *
 * @throws InstallInputError if the folder does not hold one
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
