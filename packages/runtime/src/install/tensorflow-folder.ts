import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

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
    if (!existsSync(join(includeDir, 'tensorflow', 'c', 'c_api.h'))) continue;
    const names = namesIn(libraryDir);
    const main = pick(names, 'libtensorflow_cc') ?? pick(names, 'libtensorflow');
    const framework = pick(names, 'libtensorflow_framework');
    if (main && framework) return { libraryDir, includeDir, libraries: [main, framework] };
  }
  return null;
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir).filter((name) => LIBRARY_NAME.test(name));
  } catch {
    return [];
  }
}

/** Of `libx.so`, `libx.so.2` and `libx.so.2.9.1` the one with one number, which is the name recorded inside. */
function pick(names: readonly string[], stem: string): string | undefined {
  const own = names.filter((name) => name.startsWith(`${stem}.`));
  return own.find((name) => /\.so\.\d+$|^[^.]+\.\d+\.dylib$/.test(name)) ?? own[0];
}
