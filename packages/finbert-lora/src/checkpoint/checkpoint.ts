import type { SafetensorsDtype, SafetensorsTensor } from '@fin/files/safetensors';

/** Description of one stored tensor. */
export interface CheckpointTensorInfo {
  readonly name: string;
  /** Element type, spelled as in safetensors, whatever the file's format. */
  readonly dtype: SafetensorsDtype;
  /** Sizes, outermost first; empty for a scalar. */
  readonly shape: readonly number[];
  /** Length of its elements in bytes. */
  readonly bytes: number;
}

/** An open checkpoint: named tensors on disk, read one at a time, the same for every format. */
export interface Checkpoint {
  readonly format: 'safetensors' | 'sharded-safetensors' | 'pytorch';
  /** The files that hold tensors. */
  readonly files: readonly string[];
  names(): readonly string[];
  /** @throws {CheckpointError | SafetensorsError} when there is no such tensor */
  info(name: string): CheckpointTensorInfo;
  /**
   * One tensor's elements as they are stored, row-major.
   *
   * @throws {CheckpointError | SafetensorsError}
   */
  read(name: string): Promise<SafetensorsTensor>;
  /**
   * One tensor's elements as float32: F32 as it is, F16 and BF16 widened exactly, other types as {@link toFloat32} converts them.
   *
   * @throws {CheckpointError | SafetensorsError}
   */
  readFloat32(name: string): Promise<Float32Array>;
  /** Closes the files; arrays that were read stay valid. */
  close(): Promise<void>;
}
