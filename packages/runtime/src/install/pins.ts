/** A file of a Python package index, taken only with this content. */
export interface PinnedWheel {
  /** As pip spells it. */
  readonly project: string;
  readonly version: string;
  /** The platform tag to ask pip for. */
  readonly platform: string;
  readonly sha256: string;
  /** Size of the wheel, for the progress bar and the check of free space. */
  readonly bytes: number;
  /** About what the members taken need on disk. */
  readonly unpackedBytes: number;
  /** The members to unpack; the rest of the wheel is Python. */
  readonly take: RegExp;
}

/** One TensorFlow to unpack: wheels laid side by side, as the library's relative run paths expect them. */
export interface TensorFlowBuild {
  /** Its folder in the cache. */
  readonly key: string;
  readonly version: string;
  readonly gpu: boolean;
  readonly wheels: readonly PinnedWheel[];
}

/** What is known to fit one platform. */
export interface PlatformPins {
  readonly cpu: TensorFlowBuild;
  readonly gpu?: TensorFlowBuild;
  readonly zig: PinnedWheel;
}

/** The tfjs release whose binding and JavaScript the runtime drives; its npm tarball is taken only with this content. */
export const TFJS_NODE = {
  name: '@tensorflow/tfjs-node-gpu',
  version: '4.22.0',
  integrity:
    'sha512-p//NN6DGiN4hInUmIkRffaFVMcdTREUMjPyjW04J7OXvB2zBlQimj61eFKSgRrH3f5TnOfKzb0n56he/B6a4bw==',
} as const;

/** The Node-API level the binding is compiled for. Node 20 and later all have it. */
export const NAPI_VERSION = 8;

/** The wheels for this one are taken whatever Python the user has: nothing of them is ever run by Python. */
export const PYTHON_TAG = '3.11';
