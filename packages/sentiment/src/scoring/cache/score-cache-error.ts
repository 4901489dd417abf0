/** Scores cannot be read from or kept on disk. The message names the folder and the way out. */
export class ScoreCacheError extends Error {
  override readonly name = 'ScoreCacheError';
  readonly kind = 'environment';

  constructor(folder: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`the scores in ${folder} cannot be read or written (${reason}): name another folder for them`, {
      cause,
    });
  }
}
