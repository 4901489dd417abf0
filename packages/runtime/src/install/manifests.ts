import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { TensorFlowSource } from './installation.js';

/** Counts up when the layout of the cache changes: what an older version put there is then made anew. */
export const MANIFEST_FORMAT = 1;

/** Every folder of the cache carries one; a folder without it, or whose files differ in size, is not there. */
export interface Manifest {
  readonly format: typeof MANIFEST_FORMAT;
  /** The files that matter, by path within the folder, with their sizes in bytes. */
  readonly files: Readonly<Record<string, number>>;
}

export interface TensorFlowManifest extends Manifest {
  readonly key: string;
  readonly source: TensorFlowSource;
  readonly version: string;
  readonly gpu: boolean;
  /** Of each archive it was unpacked from, by name. */
  readonly sha256: Readonly<Record<string, string>>;
}

export interface BindingManifest extends Manifest {
  /** The `.node` file within the folder. */
  readonly path: string;
  readonly tensorflow: string;
  /** As the library itself says. */
  readonly tensorflowVersion: string;
  /** Whether the library drove a GPU when the binding was tried. */
  readonly gpuDevice: boolean;
  readonly compiler: string;
}

/** The manifest of a folder, or null where there is none or the folder does not match it. */
export async function readManifest<M extends Manifest>(dir: string): Promise<M | null> {
  try {
    const manifest = JSON.parse(await readFile(join(dir, 'manifest.json'), 'utf8')) as M;
    if (manifest.format !== MANIFEST_FORMAT) return null;
    for (const [name, size] of Object.entries(manifest.files)) {
      if ((await stat(join(dir, name))).size !== size) return null;
    }
    return manifest;
  } catch {
    return null;
  }
}
