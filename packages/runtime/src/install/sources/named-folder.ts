import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { folderKey } from '../binding-key.js';
import { InstallInputError } from '../errors.js';
import type { TensorFlowCopy } from '../tensorflow-copy.js';
import { readTensorFlowFolder } from '../tensorflow-folder.js';

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
