/** A request to this package that cannot be met as it stands; the message says what to change. */
export class FileInputError extends Error {
  readonly kind = 'input';
  /** The file or folder in question. */
  readonly file: string;

  constructor(file: string, problem: string, options?: ErrorOptions) {
    super(`${file}: ${problem}`, options);
    this.name = new.target.name;
    this.file = file;
  }
}

/** A file differs from what its manifest says of it, or does not follow its format. */
export class DamagedFileError extends Error {
  readonly kind = 'input';
  readonly path: string;
  /** The problem, as a clause. */
  readonly problem: string;

  constructor(path: string, problem: string, message: string = `${path} is damaged: ${problem}`) {
    super(message);
    this.name = new.target.name;
    this.path = path;
    this.problem = problem;
  }
}

/** Advice for the system's error codes. */
const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: free some space or choose a folder on another disk',
  EDQUOT: 'your disk quota is used up: free some space or choose a folder on another disk',
  EROFS: 'the file system is read-only: choose another folder',
  EACCES: 'permission is denied: choose a folder that you may write to',
  EPERM: 'permission is denied: choose a folder that you may write to',
  ENOTDIR: 'part of the path is a file, not a folder',
  EMFILE: 'this process has too many files open',
};

/** A file could not be written. No partial file is left under its name. */
export class FileWriteError extends Error {
  readonly kind = 'environment';
  readonly path: string;
  /** The system's error code, such as `ENOSPC`. */
  readonly code: string;

  constructor(path: string, cause: unknown) {
    const { code = 'unknown', message } = cause as NodeJS.ErrnoException;
    super(`${path} could not be written: ${ADVICE[code] ?? message}`, { cause });
    this.name = new.target.name;
    this.path = path;
    this.code = code;
  }
}

/** A {@link FileWriteError} for a system error anywhere in the chain of causes; otherwise the error itself. */
export function asFileWriteError(path: string, error: unknown): unknown {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof FileWriteError) return cause;
    if ('syscall' in cause) return new FileWriteError(path, cause);
  }
  return error;
}
