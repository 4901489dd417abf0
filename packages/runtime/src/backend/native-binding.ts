import type { Attr } from '../dispatch/attributes.js';

/** Output of an op as the binding returns it. `dtype` is a `TF_DataType`. */
export interface TensorMetadata {
  id: number;
  shape: number[];
  dtype: number;
}

/** Host values as the binding takes and returns them. Strings are arrays of UTF-8 bytes. */
export type HostValues = Float32Array | Int32Array | Uint8Array | BigInt64Array | Uint8Array[];

/** The part of tfjs-node's native addon that this package uses (its `binding/tfjs_binding.cc`). */
export interface NativeBinding {
  createTensor(shape: readonly number[], dtype: number, values: HostValues): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): HostValues;
  executeOp(
    op: string,
    attrs: readonly Attr[],
    inputs: readonly number[],
    nOutputs: number,
  ): TensorMetadata[];
  runSavedModel(
    id: number,
    inputs: readonly number[],
    inputNames: string,
    outputNames: string,
  ): TensorMetadata[];
  getNumOfTensors(): number;
  isUsingGpuDevice(): boolean;
  readonly TF_Version: string;
}
