import type { TensorFlowSource } from './installation.js';
import type { TensorFlowFolder } from './tensorflow-folder.js';

/** A TensorFlow that is complete on disk, with or without a binding. */
export interface TensorFlowCopy extends TensorFlowFolder {
  /** Its folder in the cache, or what `folderKey` says of one outside. */
  readonly key: string;
  readonly source: TensorFlowSource;
  /** A binding that came with it, for the case that none can be compiled. */
  readonly prebuilt?: string;
}
