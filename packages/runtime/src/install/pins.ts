/** The tfjs release whose binding and JavaScript the runtime drives; its npm tarball is taken only with this content. */
export const TFJS_NODE = {
  name: '@tensorflow/tfjs-node-gpu',
  version: '4.22.0',
  integrity:
    'sha512-p//NN6DGiN4hInUmIkRffaFVMcdTREUMjPyjW04J7OXvB2zBlQimj61eFKSgRrH3f5TnOfKzb0n56he/B6a4bw==',
} as const;

/** The Node-API level the binding is compiled for. Node 20 and later all have it. */
export const NAPI_VERSION = 8;
