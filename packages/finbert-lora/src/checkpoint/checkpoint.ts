import type { SafetensorsDtype, SafetensorsTensor } from '@fin/files/safetensors';

/** Description of one stored tensor. */
export interface CheckpointTensorInfo {
  readonly name: string;
  /** Element type, spelled as in safetensors for every file format. */
  readonly dtype: SafetensorsDtype;
  /** Sizes, outermost first; empty for a scalar. */
  readonly shape: readonly number[];
  /** Length of its elements in bytes. */
  readonly bytes: number;
}

/** An open checkpoint: named tensors on disk, read one at a time. The interface is the same for every format. */
export interface Checkpoint {
  readonly format: 'safetensors' | 'sharded-safetensors' | 'pytorch';
  /** Paths of the files with tensors. */
  readonly files: readonly string[];
  names(): readonly string[];
  /** @throws {CheckpointError | SafetensorsError} when there is no such tensor */
  info(name: string): CheckpointTensorInfo;
  /**
   * Reads one tensor in its stored dtype, row-major.
   *
   * @throws {CheckpointError | SafetensorsError}
   */
  read(name: string): Promise<SafetensorsTensor>;
  /**
   * Reads one tensor as float32. F16 and BF16 are widened exactly; other types are converted like in `toFloat32` of `@fin/files`.
   *
   * @throws {CheckpointError | SafetensorsError}
   */
  readFloat32(name: string): Promise<Float32Array>;
  /** Closes the files; arrays that were read stay valid. */
  close(): Promise<void>;
}
