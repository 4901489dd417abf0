import { TrainError } from '../errors.js';

const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: free some space or choose a folder on another disk',
  EDQUOT: 'your disk quota is used up: free some space or choose a folder on another disk',
  EROFS: 'the file system is read-only: choose another folder',
  EACCES: 'permission is denied: choose a folder that you may write to',
  EPERM: 'permission is denied: choose a folder that you may write to',
  ENOTDIR: 'part of the path is a file, not a folder',
  EMFILE: 'this process has too many files open',
};

/** A file of a run could not be written; nothing half-written is left under its name. */
export class RunFileError extends TrainError {
  readonly path: string;
  /** The system's error code, such as `ENOSPC`. */
  readonly code: string;

  constructor(path: string, cause: unknown) {
    const { code = 'unknown', message } = cause as NodeJS.ErrnoException;
    super(`${path} could not be written: ${ADVICE[code] ?? message}`, { cause });
    this.path = path;
    this.code = code;
  }
}

/** A {@link RunFileError} for what the system refused underneath, or the error itself if it did not come from there. */
export function asFileError(path: string, error: unknown): unknown {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof RunFileError) return cause;
    if ('syscall' in cause) return new RunFileError(path, cause);
  }
  return error;
}
