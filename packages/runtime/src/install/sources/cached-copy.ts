import { join } from 'node:path';
import type { CacheLayout } from '../cache-layout.js';
import type { TensorFlowManifest } from '../manifests.js';
import { readManifest } from '../manifests.js';
import type { TensorFlowCopy } from '../tensorflow-copy.js';
import { readTensorFlowFolder } from '../tensorflow-folder.js';

/** The complete TensorFlow of this key in the cache, or null. */
export async function cachedCopy(layout: CacheLayout, key: string): Promise<TensorFlowCopy | null> {
  const dir = join(layout.tensorflow, key);
  const manifest = await readManifest<TensorFlowManifest>(dir);
  const folder = manifest && readTensorFlowFolder(dir);
  return folder && { ...folder, key, source: manifest.source };
}
