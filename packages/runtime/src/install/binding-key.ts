import { createHash } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { NAPI_VERSION, TFJS_NODE } from './pins.js';
import type { TensorFlowFolder } from './tensorflow-folder.js';

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
