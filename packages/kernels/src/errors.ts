/** An input that an op cannot take: tensors whose shapes do not fit together, an impossible rate, offsets that lead outside. */
export class KernelInputError extends Error {
  readonly kind = 'environment';
  override readonly name: string = 'KernelInputError';
}

/** @throws KernelInputError unless the condition holds */
export function expectInput(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new KernelInputError(message());
}
