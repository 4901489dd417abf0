/** TensorFlow has no kernel for the op in the dtype that the attributes name. */
const MISSING_KERNEL = [
  /Could not find device for node/,
  /No OpKernel was registered to support/,
  /Value for attr '\w+' of \w+ is not in the list of allowed values/,
];

/** An input has another dtype than the attributes name. */
const INPUT_DTYPE = /was expected to be an? \w+ tensor but is an? \w+ tensor/;

/**
 * Whether an op failed because TensorFlow has no kernel for it in this dtype on this device. True for every call of that op and
 * dtype; any other error, such as out of memory, may not happen again.
 */
export function isMissingKernelError(error: unknown): boolean {
  return error instanceof Error && MISSING_KERNEL.some((pattern) => pattern.test(error.message));
}

/** Whether an op failed because an input has another dtype than its attributes name. */
export function isInputDTypeError(error: unknown): boolean {
  return error instanceof Error && INPUT_DTYPE.test(error.message);
}
