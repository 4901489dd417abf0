/** Profiling is not possible here, or was asked for in a way that cannot be. */
export class ProfilerError extends Error {
  override readonly name = 'ProfilerError';
  readonly kind = 'environment';
}
