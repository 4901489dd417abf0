/** What was asked of an `Lstm` does not fit it: an impossible size, an input of another shape, a missing random stream. */
export class LstmError extends Error {
  readonly kind = 'environment';
  override readonly name: string = 'LstmError';
}
