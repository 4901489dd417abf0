import type { Attr } from '../dispatch/attributes.js';

/** What the binding tells of each output: `dtype` is a `TF_DataType`. */
export interface TensorMetadata {
  id: number;
  shape: number[];
  dtype: number;
}

/** Values as they cross the binding. Strings travel as arrays of UTF-8 bytes. */
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
