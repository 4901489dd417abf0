/** A comparison cannot be made as requested. The message names the setting and the fix. */
export class ComparisonInputError extends Error {
  override readonly name = 'ComparisonInputError';
  readonly kind = 'input';
}
