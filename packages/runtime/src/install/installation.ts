/**
 * Source of a native TensorFlow: a folder named by the user, the Python wheel, or the library that tfjs-node's installer
 * downloads.
 */
export type TensorFlowSource = 'folder' | 'wheel' | 'package';

/** A complete native TensorFlow that can be loaded. All paths are absolute. */
export interface Installation {
  /** `tfjs_binding.node`, compiled against this library. */
  readonly bindingPath: string;
  /** The unpacked npm package `@tensorflow/tfjs-node-gpu` (`package.json`, `dist/`, `binding/`), without its dependencies. */
  readonly tfjsNodeDir: string;
  /** Folder of the TensorFlow. It holds `include/`, and the library directly or in `lib/`. */
  readonly tensorflowDir: string;
  /** Folder with `libtensorflow*`. */
  readonly libraryDir: string;
  /** Folder with `tensorflow/c/c_api.h`. */
  readonly includeDir: string;
  /** Version that the library reports, such as `2.21.0`. */
  readonly tensorflowVersion: string;
  readonly source: TensorFlowSource;
  /** Whether the library is a GPU build. Only loading it shows whether it can use a GPU at the moment. */
  readonly gpu: boolean;
}
