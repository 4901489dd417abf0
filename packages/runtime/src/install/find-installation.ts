import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { BindingManifest, Manifest, TensorFlowManifest } from './cache-folders.js';
import { readManifest } from './cache-folders.js';
import type { CacheLayout } from './cache-layout.js';
import { cacheLayout } from './cache-layout.js';
import type { Installation, TensorFlowSource } from './installation.js';
import type { TensorFlowFolder } from './tensorflow-copy.js';
import { bindingKey, folderKey, readTensorFlowFolder } from './tensorflow-copy.js';

/**
 * Finds the native TensorFlow to load; null if none is ready. It looks at files only.
 *
 * If `FIN_TENSORFLOW_DIR` is set, only that folder counts, and it needs a binding compiled by `fin-runtime install`. Otherwise
 * the best copy in the cache is taken: a GPU build if there is an NVIDIA driver.
 */
export async function findInstallation(): Promise<Installation | null> {
  const layout = cacheLayout();
  const named = process.env.FIN_TENSORFLOW_DIR;
  if (!named) return (await installedCopies(layout))[0] ?? null;
  const folder = readTensorFlowFolder(resolve(named));
  if (!folder || !(await readManifest<Manifest>(layout.tfjsNode))) return null;
  return withBinding(layout, folder, folderKey(folder), { source: 'folder' });
}

/** All complete copies in the cache that have a binding, best first. */
export async function installedCopies(layout: CacheLayout): Promise<Installation[]> {
  if (!existsSync(layout.tensorflow) || !(await readManifest<Manifest>(layout.tfjsNode))) return [];
  const copies: Installation[] = [];
  for (const key of readdirSync(layout.tensorflow)) {
    const dir = join(layout.tensorflow, key);
    const manifest = await readManifest<TensorFlowManifest>(dir);
    const folder = manifest && readTensorFlowFolder(dir);
    const copy = folder && (await withBinding(layout, folder, key, manifest));
    if (copy) copies.push(copy);
  }
  return copies.sort(
    (a, b) => rank(b) - rank(a) || compareVersions(b.tensorflowVersion, a.tensorflowVersion),
  );
}

async function withBinding(
  layout: CacheLayout,
  folder: TensorFlowFolder,
  tensorflow: string,
  facts: { readonly source: TensorFlowSource; readonly gpu?: boolean },
): Promise<Installation | null> {
  const bindingDir = join(layout.binding, bindingKey(tensorflow, layout.root));
  const binding = await readManifest<BindingManifest>(bindingDir);
  return (
    binding && {
      bindingPath: join(bindingDir, binding.path),
      tfjsNodeDir: join(layout.tfjsNode, 'package'),
      tensorflowDir: dirname(folder.includeDir),
      libraryDir: folder.libraryDir,
      includeDir: folder.includeDir,
      tensorflowVersion: binding.tensorflowVersion,
      source: facts.source,
      gpu: facts.gpu ?? binding.gpuDevice,
    }
  );
}

function rank(copy: Installation): number {
  return copy.gpu === driverPresent() ? 1 : 0;
}

function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

/** Files of the driver on Linux, and on Linux in Windows (WSL 2). */
const SIGNS = ['/proc/driver/nvidia/version', '/usr/lib/wsl/lib/libcuda.so.1'];

/** Whether this machine has an NVIDIA driver that TensorFlow can use. False with `FIN_GPU=0`. */
export function driverPresent(): boolean {
  return (
    process.env.FIN_GPU !== '0' && process.platform === 'linux' && SIGNS.some((path) => existsSync(path))
  );
}
