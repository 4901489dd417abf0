/**
 * Where a native TensorFlow came from: a folder the user named, the Python wheel, or the library that
 * tfjs-node's own installer downloads.
 */
export type TensorFlowSource = 'folder' | 'wheel' | 'package';

/** A native TensorFlow that is complete and can be loaded. All paths are absolute. */
export interface Installation {
  /** `tfjs_binding.node`, compiled against this very library. */
  readonly bindingPath: string;
  /** The unpacked npm package `@tensorflow/tfjs-node-gpu` (its `package.json`, `dist/`, `binding/`). No dependency of it is installed here. */
  readonly tfjsNodeDir: string;
  /** The TensorFlow: the folder that `include/` lies in, and the library too or in its `lib/`. */
  readonly tensorflowDir: string;
  /** The folder that holds `libtensorflow*`. */
  readonly libraryDir: string;
  /** The folder that holds `tensorflow/c/c_api.h`. */
  readonly includeDir: string;
  /** What the library said of itself when the binding was tried, such as `2.21.0`. */
  readonly tensorflowVersion: string;
  readonly source: TensorFlowSource;
  /** Whether the library is a GPU build. Whether it drives a GPU just now only loading it can tell. */
  readonly gpu: boolean;
}
