/** Invalid arguments of an op: shapes that do not match, a dropout rate outside [0, 1), offsets out of range. */
export class KernelInputError extends Error {
  readonly kind = 'environment';
  override readonly name: string = 'KernelInputError';
}

/** @throws KernelInputError unless the condition holds */
export function expectInput(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new KernelInputError(message());
}
