const TRUNCATED = 'It is cut off or not a safetensors file: fetch or write it again';
const DAMAGED = 'It is damaged, or no safetensors writer made it: fetch or write it again';

/**
 * Rule that a file, or a tensor to write, breaks. The names down to `IoError` are those of the Rust reference
 * (`safetensors/src/tensor.rs`); the others are ours.
 */
export type SafetensorsErrorCode =
  | 'HeaderTooSmall'
  | 'HeaderTooLarge'
  | 'InvalidHeaderLength'
  | 'InvalidHeader'
  | 'InvalidHeaderStart'
  | 'InvalidHeaderDeserialization'
  | 'InvalidOffset'
  | 'ValidationOverflow'
  | 'MisalignedSlice'
  | 'TensorInvalidInfo'
  | 'MetadataIncompleteBuffer'
  | 'InvalidTensorView'
  | 'TensorNotFound'
  | 'IoError'
  | 'DimensionTooLarge'
  | 'TooManyDimensions'
  | 'InvalidName'
  | 'UnsupportedDtype'
  | 'TensorTooLarge'
  | 'UnsupportedHost';

/** Remedies by code. */
const ADVICE: Record<SafetensorsErrorCode, string> = {
  HeaderTooSmall: TRUNCATED,
  HeaderTooLarge:
    'No real model needs that: the file is something else (a Git LFS pointer, a web page, a .bin checkpoint); fetch it again',
  InvalidHeaderLength: TRUNCATED,
  InvalidHeader: DAMAGED,
  InvalidHeaderStart: DAMAGED,
  InvalidHeaderDeserialization: DAMAGED,
  InvalidOffset: DAMAGED,
  ValidationOverflow: DAMAGED,
  MisalignedSlice: DAMAGED,
  TensorInvalidInfo: DAMAGED,
  MetadataIncompleteBuffer: TRUNCATED,
  InvalidTensorView: 'Give as many bytes as the shape and the dtype need',
  TensorNotFound: 'Ask for one of the names that names() lists',
  IoError: 'Check that the path is right, is a file and may be read or written',
  DimensionTooLarge: DAMAGED,
  TooManyDimensions: DAMAGED,
  InvalidName: 'Rename the tensor',
  UnsupportedDtype: 'Convert the tensor to F32, F16 or BF16 with the library that wrote it',
  TensorTooLarge: 'Split the tensor, or read the file on a machine with more memory',
  UnsupportedHost: 'Run this on a little-endian machine (x64, arm64)',
};

/** File and tensor of an error. */
export interface SafetensorsErrorPlace {
  /** Path of the file; null for bytes in memory. @default null */
  readonly file?: string | null;
  /** Name of the tensor; null if the whole file is concerned. @default null */
  readonly tensor?: string | null;
  /** The underlying error, if any. */
  readonly cause?: unknown;
}

/** Error of reading or writing safetensors. The message names the file, the problem and the remedy. */
export class SafetensorsError extends Error {
  override readonly name = 'SafetensorsError';
  /** Error kind for a command line: print the message only, and exit as for wrong input. */
  readonly kind = 'input';
  readonly code: SafetensorsErrorCode;
  readonly file: string | null;
  readonly tensor: string | null;

  constructor(
    code: SafetensorsErrorCode,
    problem: string,
    { file = null, tensor = null, cause }: SafetensorsErrorPlace = {},
  ) {
    super(
      `${file ?? 'safetensors data'}: ${problem}. ${ADVICE[code]}.`,
      cause === undefined ? {} : { cause },
    );
    this.code = code;
    this.file = file;
    this.tensor = tensor;
  }
}
